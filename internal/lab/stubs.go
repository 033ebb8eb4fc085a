package lab

import "time"

// To be replaced by the services' own files.

type (
	cloudtrailState struct{}
	snsState        struct{}
	sqsState        struct{}
	eventsState     struct{}
)

var (
	cloudtrailService, s3Service, snsService, sqsService, eventsService, stsService, accountService service
)

func (l *Lab) settle(time.Time)              {}
func (l *Lab) emit(*call, operation, error) {}
