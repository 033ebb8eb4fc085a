package channel

import (
	"bufio"
	"crypto/tls"
	"encoding/base64"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
)

// mailServer is a small SMTP server: it offers STARTTLS and asks for a password, as far as it is told to.
type mailServer struct {
	net.Listener
	tls      *tls.Config // nil: no STARTTLS
	implicit bool
	password string // empty: anybody may send
	refuse   string // the answer to MAIL, if not empty

	mu      sync.Mutex
	letters []letter
}

// letter is what the server took.
type letter struct {
	from      string
	to        []string
	data      string
	encrypted bool
	user      string
}

func serveMail(t *testing.T, s *mailServer) *mailServer {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if s.Listener = listener; s.implicit {
		s.Listener = tls.NewListener(listener, s.tls)
	}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			conn, err := s.Accept()
			if err != nil {
				return
			}
			go s.talk(conn)
		}
	}()
	return s
}

func (s *mailServer) port() int { return s.Addr().(*net.TCPAddr).Port }

func (s *mailServer) talk(conn net.Conn) {
	defer func() { conn.Close() }()
	in, encrypted := bufio.NewReader(conn), s.implicit
	say := func(text string) { _, _ = io.WriteString(conn, text+"\r\n") }
	say("220 mail.example.com")
	var l letter
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return
		}
		line = strings.TrimSpace(line)
		verb, rest, _ := strings.Cut(line, " ")
		switch strings.ToUpper(verb) {
		case "EHLO":
			say("250-mail.example.com")
			if s.tls != nil && !encrypted {
				say("250-STARTTLS")
			}
			if s.password != "" && (encrypted || s.tls == nil) {
				say("250-AUTH PLAIN")
			}
			say("250 8BITMIME")
		case "STARTTLS":
			say("220 go ahead")
			conn = tls.Server(conn, s.tls)
			in, encrypted = bufio.NewReader(conn), true
		case "AUTH":
			_, secret, _ := strings.Cut(rest, " ")
			plain, _ := base64.StdEncoding.DecodeString(secret)
			parts := strings.Split(string(plain), "\x00")
			if len(parts) != 3 || parts[2] != s.password {
				say("535 5.7.8 no: " + string(plain[strings.LastIndexByte(string(plain), 0)+1:]) + " " + secret)
				continue
			}
			l.user = parts[1]
			say("235 welcome")
		case "MAIL":
			if s.refuse != "" || s.password != "" && l.user == "" {
				say(s.refuse)
				continue
			}
			l.from, l.encrypted = rest, encrypted
			say("250 ok")
		case "RCPT":
			l.to = append(l.to, rest)
			say("250 ok")
		case "DATA":
			say("354 go ahead")
			var data strings.Builder
			for {
				line, err := in.ReadString('\n')
				if err != nil {
					return
				}
				if line == ".\r\n" {
					break
				}
				data.WriteString(strings.TrimPrefix(line, "."))
			}
			l.data = data.String()
			s.mu.Lock()
			s.letters = append(s.letters, l)
			s.mu.Unlock()
			l = letter{user: l.user}
			say("250 queued")
		case "QUIT":
			say("221 bye")
			return
		default:
			say("250 ok")
		}
	}
}

// got returns the letters since it was last asked.
func (s *mailServer) got() []letter {
	s.mu.Lock()
	defer s.mu.Unlock()
	letters := s.letters
	s.letters = nil
	return letters
}
