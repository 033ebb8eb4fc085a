"""The shape of the classic handler (two boto3 clients, publish, start) under a minimal Lambda runtime loop.

Written for comparison: it does what the well-known recipe does, and no more. With CLIENTS=once the clients are made
when the process starts; otherwise each invocation makes them, as handlers of this kind commonly do.
"""
import json
import os
import urllib.request

import boto3

API = "http://%s/2018-06-01/runtime/invocation/" % os.environ["AWS_LAMBDA_RUNTIME_API"]




def clients():
    return boto3.client("cloudtrail"), boto3.client("sns")


made = clients() if os.environ.get("CLIENTS") == "once" else None


def handler(event):
    cloudtrail, sns = made or clients()
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
