"""The shape of the classic handler (two boto3 clients, publish, start) under a minimal Lambda runtime loop.

Written for comparison: it does what the well-known recipe does, and no more.
"""
import json
import os
import urllib.request

import boto3

API = "http://%s/2018-06-01/runtime/invocation/" % os.environ["AWS_LAMBDA_RUNTIME_API"]


cloudtrail = boto3.client("cloudtrail")
sns = boto3.client("sns")


def handler(event):
    detail = event["detail"]
    sns.publish(TopicArn=os.environ["TOPIC_ARN"], Subject=detail["eventName"], Message=json.dumps(event))
    if detail["eventName"] == "StopLogging":
        cloudtrail.start_logging(Name=detail["requestParameters"]["name"])


while True:
    with urllib.request.urlopen(API + "next") as invocation:
        request_id = invocation.headers["Lambda-Runtime-Aws-Request-Id"]
        event = json.load(invocation)
    handler(event)
    urllib.request.urlopen(urllib.request.Request(API + request_id + "/response", data=b"{}", method="POST")).close()
