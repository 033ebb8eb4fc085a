package cloudformation

import (
	"encoding/xml"
	"slices"
)

type stackIDResult struct {
	XMLName xml.Name
	StackID string `xml:"StackId,omitempty"`
}

// resultOf is an answer that has at most the stack's id.
func (c Call) resultOf(id string) stackIDResult {
	return stackIDResult{xml.Name{Local: c.Operation + "Result"}, id}
}

func (s *Service) createStack(c Call) (any, error) {
	next, err := c.design(nil)
	if err != nil {
		return nil, err
	}
	onFailure := c.Form.Get("OnFailure")
	if c.Form.Get("DisableRollback") == "true" {
		onFailure = "DO_NOTHING"
	}
	if !slices.Contains([]string{"", "ROLLBACK", "DO_NOTHING"}, onFailure) {
		return nil, invalid("the lab does not know OnFailure %.100s", onFailure)
	}
	st, err := s.newStack(c)
	if err != nil {
		return nil, err
	}
	st.protected, st.onFailure = c.Form.Get("EnableTerminationProtection") == "true", onFailure
	st.current = next // which is told from the start
	s.enter(st, "CREATE_IN_PROGRESS", "User Initiated", c.Now)
	s.background(s.newBuild(c, st, next).create)
	return c.resultOf(st.id), nil
}

func (s *Service) updateStack(c Call) (any, error) {
	st, err := s.find(c)
	if err != nil {
		return nil, err
	}
	if st.busy() || !updatable(st.status) {
		return nil, invalid("Stack:%s is in %s state and can not be updated.", st.id, st.status)
	}
	next, err := c.design(&st.current)
	if err != nil {
		return nil, err
	}
	changes, err := st.compare(next)
	if err == nil && len(changes) == 0 && sameOutputs(st.current.template, next.template) {
		err = invalid("No updates are to be performed.")
	} else if err != nil {
		err = invalid("%v", err)
	}
	if err != nil {
		return nil, err
	}
	st.updated = c.Now
	s.enter(st, "UPDATE_IN_PROGRESS", "User Initiated", c.Now)
	s.background(s.newBuild(c, st, next).update)
	return c.resultOf(st.id), nil
}

// deleteStack starts a deletion. Deleting what does not exist is no error.
func (s *Service) deleteStack(c Call) (any, error) {
	st, err := s.find(c)
	switch {
	case err != nil || st.status == statusDeleted:
		return c.resultOf(""), nil
	case st.protected:
		return nil, invalid("Stack [%s] cannot be deleted while TerminationProtection is enabled", st.name)
	case st.busy():
		return nil, invalid("Stack [%s] cannot be deleted while in status %s", st.id, st.status)
	}
	s.enter(st, "DELETE_IN_PROGRESS", "User Initiated", c.Now)
	if st.current.template == nil { // it was never more than a change set
		st.deleted = c.Now
		s.enter(st, statusDeleted, "", c.Now)
		return c.resultOf(""), nil
	}
	s.background(s.newBuild(c, st, design{}).delete)
	return c.resultOf(""), nil
}

func (s *Service) protect(c Call) (any, error) {
	st, err := s.find(c)
	if err != nil {
		return nil, err
	}
	st.protected = c.Form.Get("EnableTerminationProtection") == "true"
	return c.resultOf(st.id), nil
}

func (s *Service) getTemplate(c Call) (any, error) {
	st, err := s.find(c)
	if err != nil {
		return nil, err
	}
	type result struct {
		XMLName      xml.Name `xml:"GetTemplateResult"`
		TemplateBody string
		Stages       []string `xml:"StagesAvailable>member"`
	}
	if st.current.template == nil {
		return nil, invalid("Template for stack %s is not available", st.name)
	}
	return result{TemplateBody: st.current.template.text, Stages: []string{"Original", "Processed"}}, nil
}

func (s *Service) validateTemplate(c Call) (any, error) {
	t, err := c.template(nil)
	if err != nil {
		return nil, err
	}
	type parameterAnswer struct {
		ParameterKey, DefaultValue, Description string
		NoEcho                                  bool
	}
	type result struct {
		XMLName     xml.Name `xml:"ValidateTemplateResult"`
		Description string
		Parameters  []parameterAnswer `xml:"Parameters>member"`
	}
	r := result{Description: t.description}
	for _, id := range sortedKeys(t.parameters) {
		p := t.parameters[id]
		a := parameterAnswer{ParameterKey: id, Description: p.description, NoEcho: p.noEcho}
		if p.fallback != nil {
			a.DefaultValue = *p.fallback
		}
		r.Parameters = append(r.Parameters, a)
	}
	return r, nil
}
