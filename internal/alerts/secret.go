package alerts

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/trailhold/trailhold/internal/channel"
	"github.com/trailhold/trailhold/internal/plain"
)

// The places that a secret can be in.
const (
	InParameterStore = "ssm"
	InSecretsManager = "secretsmanager"
	InEnvironment    = "env"
	InFile           = "file"
)

// Reference says where a secret is.
type Reference struct {
	Place string // one of the above
	Name  string
	Key   string // of a member of the secret, if that is JSON; in Secrets Manager only
}

// String is the reference as the file has it, which is no secret.
func (r Reference) String() string {
	if r.Key != "" {
		return r.Place + ":" + r.Name + "#" + r.Key
	}
	return r.Place + ":" + r.Name
}

// errLiteral answers whatever is no reference. It does not repeat the value, which may be a secret.
var errLiteral = errors.New("a secret must not stand in this file: put it into Parameter Store, Secrets Manager, a variable or a file, " +
	"and write ssm:NAME, secretsmanager:ID#key, env:NAME or file:PATH here")

// references are the forms of names in each place. They are narrow, so that no secret passes for one.
var references = map[string]*regexp.Regexp{
	InParameterStore: regexp.MustCompile(`^[A-Za-z0-9_./:-]+$`), // a name, or its ARN
	InSecretsManager: regexp.MustCompile(`^[A-Za-z0-9/_+=.@:!-]{1,512}$`),
	InEnvironment:    regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]{0,127}$`),
	InFile:           regexp.MustCompile(`^.+$`),
}

// secretKey is a member of a secret.
var secretKey = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,100}$`)

// ParseReference reads a reference. The error does not repeat it.
func ParseReference(text string) (Reference, error) {
	place, name, _ := strings.Cut(text, ":")
	r := Reference{Place: place, Name: name}
	if place == InSecretsManager {
		key, found := "", false
		if r.Name, key, found = strings.Cut(name, "#"); found && !secretKey.MatchString(key) {
			return Reference{}, errors.New("after # stands the name of a member of the secret, such as secretsmanager:trailhold/slack#url")
		}
		r.Key = key
	}
	form := references[place]
	if form == nil || !form.MatchString(r.Name) || strings.Contains(r.Name, "://") {
		return Reference{}, errLiteral
	}
	return r, nil
}

// secret reads a reference. A missing key is the zero Reference.
func (o object) secret(key string) Reference {
	n := o.values[key]
	if n == nil {
		return Reference{}
	}
	r, err := ParseReference(n.Value)
	if err != nil {
		o.d.fail(n, "%s: %v", key, err)
	}
	o.d.uses = append(o.d.uses, use{service: r.Place, name: r.Name})
	return r
}

// Bounds of secrets.
const (
	maxSecret = 64 << 10 // bytes
	remember  = 5 * time.Minute
)

// Places get secrets from where they are.
type Places struct {
	Getenv         func(string) string
	ParameterStore func(ctx context.Context, name string) (string, error)
	SecretsManager func(ctx context.Context, id string) (string, error)
}

// Secret gets a secret when it is needed, and again after five minutes, so that a changed one is noticed.
func (p Places) Secret(r Reference) channel.Secret {
	var mu sync.Mutex
	var value string
	var at time.Time
	return func(ctx context.Context) (string, error) {
		mu.Lock()
		defer mu.Unlock()
		if value != "" && time.Since(at) < remember {
			return value, nil
		}
		got, err := p.fetch(ctx, r)
		if err != nil {
			return "", fmt.Errorf("the secret %s cannot be read: %w", plain.Text(r.String(), 200), err)
		}
		value, at = got, time.Now()
		return value, nil
	}
}

func (p Places) fetch(ctx context.Context, r Reference) (string, error) {
	text, err := p.read(ctx, r)
	if err != nil {
		return "", err
	}
	if r.Key != "" {
		if text, err = member(text, r.Key); err != nil {
			return "", err
		}
	}
	text = strings.TrimSpace(text)
	switch {
	case text == "":
		return "", errors.New("it is empty, or does not exist")
	case strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r == 0x7f }):
		return "", errors.New("it has line breaks or other characters that control: a secret is one line")
	}
	return text, nil
}

func (p Places) read(ctx context.Context, r Reference) (string, error) {
	switch r.Place {
	case InEnvironment:
		return p.Getenv(r.Name), nil
	case InFile:
		return readFile(r.Name)
	case InParameterStore:
		return p.ParameterStore(ctx, r.Name)
	}
	return p.SecretsManager(ctx, r.Name)
}

func readFile(path string) (string, error) {
	file, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer func() { _ = file.Close() }() // only read from
	data, err := io.ReadAll(io.LimitReader(file, maxSecret+1))
	if err == nil && len(data) > maxSecret {
		err = fmt.Errorf("it has more than %d bytes", maxSecret)
	}
	return string(data), err
}

// member is a text in a JSON object. No error quotes the object.
func member(text, key string) (string, error) {
	var object map[string]any
	if json.Unmarshal([]byte(text), &object) != nil {
		return "", errors.New("it is no JSON object, so that it has no members: leave out # and what follows")
	}
	value, ok := object[key].(string)
	if !ok {
		return "", fmt.Errorf("it has no member %q that is text", key)
	}
	return value, nil
}
