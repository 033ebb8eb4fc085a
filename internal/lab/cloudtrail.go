package lab

var cloudtrailService = service{
	protocol: awsJSON,
	operations: map[string]operation{
		"CreateTrail":           {run: (*call).createTrail},
		"GetTrail":              {run: (*call).getTrail, readOnly: true},
		"DescribeTrails":        {run: (*call).describeTrails, readOnly: true},
		"ListTrails":            {run: (*call).listTrails, readOnly: true},
		"UpdateTrail":           {run: (*call).updateTrail},
		"DeleteTrail":           {run: (*call).deleteTrail},
		"StartLogging":          {run: (*call).startLogging},
		"StopLogging":           {run: (*call).stopLogging},
		"GetTrailStatus":        {run: (*call).getTrailStatus, readOnly: true},
		"PutEventSelectors":     {run: (*call).putEventSelectors},
		"GetEventSelectors":     {run: (*call).getEventSelectors, readOnly: true},
		"PutInsightSelectors":   {run: (*call).putInsightSelectors},
		"GetInsightSelectors":   {run: (*call).getInsightSelectors, readOnly: true},
		"PutEventConfiguration": {run: (*call).putEventConfiguration},
		"GetEventConfiguration": {run: (*call).getEventConfiguration, readOnly: true},
		"AddTags":               {run: (*call).addTags},
		"RemoveTags":            {run: (*call).removeTags},
		"ListTags":              {run: (*call).listTags, readOnly: true},
		"LookupEvents":          {run: (*call).lookupEvents, readOnly: true},
		"ListPublicKeys":        {run: (*call).listPublicKeys, readOnly: true},

		"CreateEventDataStore":         {run: createStore},
		"GetEventDataStore":            {run: getStore, readOnly: true},
		"ListEventDataStores":          {run: listStores, readOnly: true},
		"UpdateEventDataStore":         {run: updateStore},
		"DeleteEventDataStore":         {run: deleteStore},
		"RestoreEventDataStore":        {run: restoreStore},
		"StartEventDataStoreIngestion": {run: startIngestion},
		"StopEventDataStoreIngestion":  {run: stopIngestion},
		"CreateChannel":                {run: createChannel},
		"GetChannel":                   {run: getChannel, readOnly: true},
		"ListChannels":                 {run: listChannels, readOnly: true},
		"UpdateChannel":                {run: updateChannel},
		"DeleteChannel":                {run: deleteChannel},
		"PutResourcePolicy":            {run: putLakePolicy},
		"GetResourcePolicy":            {run: getLakePolicy, readOnly: true},
		"DeleteResourcePolicy":         {run: deleteLakePolicy},
	},
}

// trailAnswer is a trail as CreateTrail and UpdateTrail return it. Parts that are not configured are left out.
type trailAnswer struct {
	Name                       string
	S3BucketName               string
	S3KeyPrefix                string `json:",omitempty"`
	SnsTopicName               string `json:",omitempty"`
	SnsTopicARN                string `json:",omitempty"`
	IncludeGlobalServiceEvents bool
	IsMultiRegionTrail         bool
	TrailARN                   string
	LogFileValidationEnabled   bool
	CloudWatchLogsLogGroupArn  string `json:",omitempty"`
	CloudWatchLogsRoleArn      string `json:",omitempty"`
	KmsKeyID                   string `json:"KmsKeyId,omitempty"`
	IsOrganizationTrail        bool
}

// trailDescription is a trail as GetTrail and DescribeTrails return it.
type trailDescription struct {
	trailAnswer
	HomeRegion              string
	HasCustomEventSelectors bool
	HasInsightSelectors     bool
}

func (t *trail) answer() trailAnswer {
	return trailAnswer{
		Name:                       t.name,
		S3BucketName:               t.bucket,
		S3KeyPrefix:                t.prefix,
		SnsTopicName:               t.topicARN,
		SnsTopicARN:                t.topicARN,
		IncludeGlobalServiceEvents: t.global,
		IsMultiRegionTrail:         t.multiRegion,
		TrailARN:                   t.arn,
		LogFileValidationEnabled:   t.validation,
		CloudWatchLogsLogGroupArn:  t.logGroup,
		CloudWatchLogsRoleArn:      t.logRole,
		KmsKeyID:                   t.kmsKey,
		IsOrganizationTrail:        t.organization,
	}
}

func (t *trail) describe() trailDescription {
	return trailDescription{
		trailAnswer:             t.answer(),
		HomeRegion:              t.home,
		HasCustomEventSelectors: t.customSelectors(),
		HasInsightSelectors:     len(t.insights) > 0,
	}
}

func (c *call) getTrail() (any, error) {
	var in struct{ Name string }
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	t, err := c.readTrail(in.Name)
	if err != nil {
		return nil, err
	}
	return map[string]any{"Trail": t.describe()}, nil
}

func (c *call) describeTrails() (any, error) {
	var in struct {
		TrailNameList       []string `json:"trailNameList"`
		IncludeShadowTrails *bool    `json:"includeShadowTrails"`
	}
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	shadows := in.IncludeShadowTrails == nil || *in.IncludeShadowTrails
	if len(in.TrailNameList) > 0 {
		return c.describeNamed(in.TrailNameList, shadows)
	}
	list := []trailDescription{}
	for _, e := range c.lab.candidates(c.account.id) {
		t := e.seen(c)
		if t != nil && t.appearsIn(c.account.id, c.region) && (shadows || !c.shadow(t)) {
			list = append(list, t.describe())
		}
	}
	return map[string]any{"trailList": list}, nil
}

// shadow says whether the trail is only a replication here: it is at home in another region or account.
func (c *call) shadow(t *trail) bool { return t.home != c.region || t.account != c.account.id }

// describeNamed describes the trails that exist; unknown ones are left out without an error. An ARN works across regions.
func (c *call) describeNamed(names []string, shadows bool) (any, error) {
	list := []trailDescription{}
	for _, name := range names {
		if _, err := c.parseTrailRef(name); err != nil {
			return nil, err
		}
		if t, err := c.readTrail(name); err == nil && (shadows || !c.shadow(t)) {
			list = append(list, t.describe())
		}
	}
	return map[string]any{"trailList": list}, nil
}

// listTrails lists the account's trails of all regions, a multi-region trail once.
func (c *call) listTrails() (any, error) {
	var in struct{ NextToken string }
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	type info struct{ TrailARN, Name, HomeRegion string }
	list := []info{}
	for _, e := range c.lab.candidates(c.account.id) {
		if t := e.seen(c); t != nil && (t.account == c.account.id || t.organization) {
			list = append(list, info{t.arn, t.name, t.home})
		}
	}
	return map[string]any{"Trails": list}, nil
}
