package report

import (
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"html/template"
	"io"
	"maps"
)

//go:embed shell.html
var shell string

// Page is a page for people that fetches nothing: its style and its pictures are within it, scripts there are none, and its content
// security policy forbids whatever hostile text might add.
type Page struct {
	Title string
	Style string // in CSS; nothing in it comes from elsewhere
	Body  string // a template of html/template that defines "body"
	Funcs template.FuncMap
	Data  any // that the body is filled with
}

// Write writes the page.
func (p Page) Write(w io.Writer) error {
	sum := sha256.Sum256([]byte(p.Style))
	funcs := template.FuncMap{
		"title":     func() string { return p.Title },
		"style":     func() template.CSS { return template.CSS(p.Style) },
		"styleHash": func() string { return base64.StdEncoding.EncodeToString(sum[:]) },
	}
	maps.Copy(funcs, p.Funcs)
	page, err := template.New("page").Funcs(funcs).Parse(shell)
	if err != nil {
		return err
	}
	if _, err := page.New("content").Parse(p.Body); err != nil {
		return err
	}
	return page.Execute(w, p.Data)
}
