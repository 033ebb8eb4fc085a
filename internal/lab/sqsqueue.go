package lab

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"
)

// queue is one standard queue.
type queue struct {
	name, arn, account string
	attributes         map[string]string // those that can be set
	tags               map[string]string
	created, modified  time.Time
	purged             time.Time

	messages []*message    // in the order they were sent
	arrival  chan struct{} // closed, and replaced, when a message may have become visible
}

var queueName = regexp.MustCompile(`^[A-Za-z0-9_-]{1,80}$`)

func createQueue(c *call) (any, error) {
	var in struct {
		QueueName  string
		Attributes map[string]string
		Tags       map[string]string `json:"tags"`
	}
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	if strings.HasSuffix(in.QueueName, ".fifo") || in.Attributes["FifoQueue"] == "true" {
		return nil, errorf("UnsupportedOperation", "the lab has no FIFO queues")
	}
	if !queueName.MatchString(in.QueueName) {
		return nil, errorf("InvalidParameterValue", "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length")
	}
	region := c.account.regions[c.region]
	if q := region.queues.queues[in.QueueName]; q != nil {
		for name, value := range in.Attributes {
			if q.attribute(name, c.now) != value {
				return nil, errorf("QueueNameExists", "A queue already exists with the same name and a different value for attribute %s", name)
			}
		}
		return map[string]string{"QueueUrl": c.queueURL(q)}, nil
	}
	if len(region.queues.queues) >= maxQueues {
		return nil, errorf("OverLimit", "the lab keeps at most %d queues per account and region", maxQueues)
	}
	q := newQueue(c, in.QueueName)
	if err := q.set(c.lab, in.Attributes); err != nil {
		return nil, err
	}
	if err := q.tag(in.Tags); err != nil {
		return nil, err
	}
	if region.queues.queues == nil {
		region.queues.queues = map[string]*queue{}
	}
	region.queues.queues[in.QueueName] = q
	c.recordResponse = map[string]string{"queueUrl": c.queueURL(q)}
	return map[string]string{"QueueUrl": c.queueURL(q)}, nil
}

func newQueue(c *call, name string) *queue {
	return &queue{
		name:       name,
		arn:        "arn:aws:sqs:" + c.region + ":" + c.account.id + ":" + name,
		account:    c.account.id,
		attributes: map[string]string{},
		tags:       map[string]string{},
		created:    c.now,
		modified:   c.now,
		arrival:    make(chan struct{}),
	}
}

// queueInput is the input of operations that only name a queue.
type queueInput struct {
	QueueUrl string
}

// named decodes the input of an operation and finds its queue; address points at the input's QueueUrl.
func (c *call) named(in any, address *string) (*queue, error) {
	if err := c.decode(in); err != nil {
		return nil, err
	}
	return c.queue(*address)
}

func deleteQueue(c *call) (any, error) {
	var in queueInput
	q, err := c.named(&in, &in.QueueUrl)
	if err != nil {
		return nil, err
	}
	delete(c.lab.accounts[q.account].regions[c.region].queues.queues, q.name)
	q.messages = nil
	q.wake()
	return nil, nil
}

func getQueueURL(c *call) (any, error) {
	var in struct{ QueueName, QueueOwnerAWSAccountId string }
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	owner := in.QueueOwnerAWSAccountId
	if owner == "" {
		owner = c.account.id
	}
	q, err := c.queue("/" + owner + "/" + in.QueueName)
	if err != nil {
		return nil, err
	}
	return map[string]string{"QueueUrl": c.queueURL(q)}, nil
}

func listQueues(c *call) (any, error) {
	var in struct {
		QueueNamePrefix, NextToken string
		MaxResults                 int
	}
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	queues := c.account.regions[c.region].queues.queues
	var names []string
	for _, name := range slices.Sorted(maps.Keys(queues)) {
		if strings.HasPrefix(name, in.QueueNamePrefix) {
			names = append(names, name)
		}
	}
	return c.queuePage(names, in.NextToken, in.MaxResults, "QueueUrls")
}

func listDeadLetterSourceQueues(c *call) (any, error) {
	var in struct {
		QueueUrl, NextToken string
		MaxResults          int
	}
	q, err := c.named(&in, &in.QueueUrl)
	if err != nil {
		return nil, err
	}
	queues := c.account.regions[c.region].queues.queues
	var names []string
	for _, name := range slices.Sorted(maps.Keys(queues)) {
		if queues[name].redrive().DeadLetterTargetArn == q.arn {
			names = append(names, name)
		}
	}
	return c.queuePage(names, in.NextToken, in.MaxResults, "queueUrls")
}

// queuePage answers with one page of queue URLs. Without MaxResults there is no token and at most 1,000 queues.
func (c *call) queuePage(names []string, token string, limit int, key string) (any, error) {
	if limit < 0 || limit > 1000 {
		return nil, errorf("InvalidParameterValue", "MaxResults must be an integer between 1 and 1000")
	}
	page, next := pageAfter(names, token, limit)
	urls := []string{}
	for _, name := range page {
		urls = append(urls, c.queueURL(c.account.regions[c.region].queues.queues[name]))
	}
	answer := map[string]any{key: urls}
	if next != "" && limit > 0 {
		answer["NextToken"] = next
	}
	return answer, nil
}

// pageAfter cuts a page out of sorted names: those after the token, at most limit (1,000 if 0). The next token is the
// page's last name, or empty when nothing follows.
func pageAfter(names []string, token string, limit int) (page []string, next string) {
	if limit == 0 {
		limit = 1000
	}
	start, found := slices.BinarySearch(names, token)
	if found {
		start++
	}
	page = names[start:]
	if len(page) > limit {
		page = page[:limit]
		next = page[limit-1]
	}
	return page, next
}

func purgeQueue(c *call) (any, error) {
	var in queueInput
	q, err := c.named(&in, &in.QueueUrl)
	if err != nil {
		return nil, err
	}
	if !q.purged.IsZero() && c.now.Sub(q.purged) < purgeInterval {
		return nil, errorf("PurgeQueueInProgress", "Only one PurgeQueue operation on %s is allowed every 60 seconds.", q.name)
	}
	q.purged, q.messages = c.now, nil
	return nil, nil
}

func tagQueue(c *call) (any, error) {
	var in struct {
		QueueUrl string
		Tags     map[string]string
	}
	q, err := c.named(&in, &in.QueueUrl)
	if err != nil {
		return nil, err
	}
	return nil, q.tag(in.Tags)
}

func untagQueue(c *call) (any, error) {
	var in struct {
		QueueUrl string
		TagKeys  []string
	}
	q, err := c.named(&in, &in.QueueUrl)
	if err != nil {
		return nil, err
	}
	for _, key := range in.TagKeys {
		delete(q.tags, key)
	}
	return nil, nil
}

func listQueueTags(c *call) (any, error) {
	var in queueInput
	q, err := c.named(&in, &in.QueueUrl)
	if err != nil {
		return nil, err
	}
	return map[string]any{"Tags": maps.Clone(q.tags)}, nil
}

func (q *queue) tag(tags map[string]string) error {
	together := maps.Clone(q.tags)
	maps.Copy(together, tags)
	if len(together) > maxQueueTags {
		return errorf("InvalidParameterValue", "Too many tags added for queue %s.", q.name)
	}
	q.tags = together
	return nil
}
