package posturereport_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"html"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// frames shows the page in two widths and measures what came of it. It may have scripts; the page in it must not.
const frames = `<!doctype html><meta charset="utf-8"><title>measuring</title><body>
<iframe src="/page" width="390" height="844"></iframe><iframe src="/page" width="1280" height="900"></iframe>
<pre id="result"></pre><script>
addEventListener("load", () => {
  const parse = c => (c.match(/[\d.]+/g) || []).map(Number);
  const light = c => c.slice(0, 3).map(v => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4).reduce((s, v, i) => s + v * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = e => { for (; e; e = e.parentElement) { const c = parse(getComputedStyle(e).backgroundColor); if (c.length === 3 || c[3] > 0) return c; } return [255, 255, 255]; };
  const measure = frame => {
    const doc = frame.contentDocument, view = frame.contentWindow, bad = [];
    for (const d of doc.querySelectorAll("details")) d.open = true;
    const width = doc.documentElement.clientWidth;
    for (const e of doc.querySelectorAll("main *, header *")) {
      if (e.closest(".wide") || e.closest("svg")) continue;
      const box = e.getBoundingClientRect();
      if (box.width && box.right > width + 1) bad.push(e.tagName + "." + e.className + " reaches to " + box.right);
    }
    for (const e of doc.querySelectorAll(".narrow")) {
      if (e.scrollWidth > e.clientWidth + 1) bad.push(e.getAttribute("aria-label") + " is cut off at " + e.clientWidth + " of " + e.scrollWidth);
    }
    const texts = doc.createTreeWalker(doc.body, NodeFilter.SHOW_TEXT);
    for (let n; n = texts.nextNode();) {
      const e = n.parentElement;
      if (!n.data.trim() || e.closest("svg") || e.closest(".skip")) continue;
      const a = light(parse(view.getComputedStyle(e).color)), b = light(behind(e));
      const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
      if (ratio < 4.5) bad.push(e.tagName + "." + e.className + " has a contrast of " + ratio.toFixed(2));
    }
    const map = doc.querySelector(".map svg").getBoundingClientRect();
    return {
      width, scroll: doc.documentElement.scrollWidth, height: doc.documentElement.scrollHeight, map: map.width, bad: [...new Set(bad)].slice(0, 20),
      back: view.getComputedStyle(doc.body).backgroundColor, headings: doc.querySelectorAll("h2").length, styled: view.getComputedStyle(doc.querySelector("table")).borderCollapse,
      targets: [...doc.querySelectorAll("summary, nav a")].filter(e => e.getBoundingClientRect().height < 24).length,
    };
  };
  document.getElementById("result").textContent = JSON.stringify([...document.querySelectorAll("iframe")].map(measure));
});
</script></body>`

// measured is what a browser made of the page.
type measured struct {
	Width, Scroll, Height, Map float64
	Bad                        []string
	Back, Styled               string
	Headings, Targets          int
}

// TestChromium looks at the page in a browser, on a phone and on a desk, by day and by night.
func TestChromium(t *testing.T) {
	browser := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil && browser == "" {
			browser = path
		}
	}
	if browser == "" || testing.Short() {
		t.Skip("there is no Chromium, or no time for it")
	}
	r, s := sample()
	r.Accounts = r.Accounts[:1] // the usual case, in which a phone has room for the blind spots
	page := render(t, "html", r, s)
	if !bytes.Contains(page, []byte(`class="wide narrow"`)) {
		t.Error("the blind spots are not drawn for a phone")
	}
	var mu sync.Mutex
	var asked []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		mu.Lock()
		asked = append(asked, request.URL.Path)
		mu.Unlock()
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		switch request.URL.Path {
		case "/":
			_, _ = w.Write([]byte(frames))
		case "/page":
			_, _ = w.Write(page)
		default:
			http.NotFound(w, request)
		}
	}))
	defer server.Close()
	for scheme, flag := range map[string]string{"light": "--blink-settings=preferredColorScheme=1", "dark": "--blink-settings=preferredColorScheme=0"} {
		for n, m := range look(t, browser, server.URL, flag) {
			t.Logf("%s: %+v", scheme, m)
			if want := []float64{390, 1280}[n]; m.Width < want-20 || m.Scroll > want || m.Height < 1000 {
				t.Errorf("%s: it is %.0f wide of %.0f and %.0f high", scheme, m.Scroll, want, m.Height)
			}
			if len(m.Bad) > 0 || m.Headings < 8 || m.Styled != "collapse" || m.Map < 150 || m.Targets > 0 {
				t.Errorf("%s: %+v", scheme, m)
			}
			if dark := m.Back == "rgb(13, 17, 23)"; dark != (scheme == "dark") {
				t.Errorf("%s: the background is %s", scheme, m.Back)
			}
		}
	}
	slices.Sort(asked)
	for _, path := range slices.Compact(asked) {
		if path != "/" && path != "/page" && path != "/favicon.ico" {
			t.Errorf("the page asked for %s", path)
		}
	}
}

// look runs a browser that has never seen anything, and returns what it measured.
func look(t *testing.T, browser, address, scheme string) []measured {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	out, err := exec.CommandContext(ctx, browser, "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking",
		"--disable-component-update", "--disable-sync", "--no-first-run", "--user-data-dir="+t.TempDir(), scheme, "--dump-dom", address).Output()
	if err != nil {
		t.Fatalf("%s: %v", browser, err)
	}
	_, rest, _ := strings.Cut(string(out), `<pre id="result">`)
	text, _, _ := strings.Cut(rest, "</pre>")
	var found []measured
	if err := json.Unmarshal([]byte(html.UnescapeString(text)), &found); err != nil || len(found) != 2 {
		t.Fatal(fmt.Errorf("the browser measured %q: %w", text, err))
	}
	return found
}
