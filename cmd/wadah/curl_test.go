package main

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// curls are the requests that the curl lines of a snippet send. Comments and what
// follows a pipe are left out; an option that is not known is an error, so that a
// snippet cannot promise more than was tried.
func curls(ctx context.Context, snippet string) ([]*http.Request, error) {
	var out []*http.Request
	for line := range strings.Lines(strings.ReplaceAll(snippet, "\\\n", " ")) {
		words := shellWords(line)
		if len(words) == 0 || words[0] != "curl" {
			continue
		}
		req, err := curl(ctx, words[1:])
		if err != nil {
			return nil, fmt.Errorf("%w in %q", err, line)
		}
		out = append(out, req)
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("no curl line in %q", snippet)
	}
	return out, nil
}

func curl(ctx context.Context, words []string) (*http.Request, error) {
	var address, method string
	var data []string
	header := http.Header{}
	for n := 0; n < len(words); n++ {
		word := words[n]
		if !strings.HasPrefix(word, "-") {
			address = word
			continue
		}
		switch word {
		case "-s", "-S", "-sS", "-N", "--silent":
			continue
		}
		if n++; n == len(words) {
			return nil, fmt.Errorf("%s has no value", word)
		}
		switch word {
		case "-X", "--request":
			method = words[n]
		case "-H", "--header":
			name, value, _ := strings.Cut(words[n], ":")
			header.Set(name, strings.TrimSpace(value))
		case "-d", "--data":
			data = append(data, words[n])
		case "-o", "--output":
		default:
			return nil, fmt.Errorf("unknown option %s", word)
		}
	}
	if method == "" {
		method = http.MethodGet
		if len(data) > 0 {
			method = http.MethodPost
		}
	}
	req, err := http.NewRequestWithContext(ctx, method, address, strings.NewReader(strings.Join(data, "&")))
	if err != nil {
		return nil, err
	}
	if len(data) > 0 && header.Get("Content-Type") == "" {
		header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	req.Header = header
	return req, nil
}

// shellWords are the words of a line up to a comment or a pipe, as a shell sees them.
func shellWords(line string) []string {
	var words []string
	var word strings.Builder
	var quote rune
	inWord := false
	end := func() {
		if inWord {
			words = append(words, word.String())
		}
		word.Reset()
		inWord = false
	}
	for _, r := range line {
		switch {
		case quote != 0 && r == quote:
			quote = 0
		case quote != 0:
			word.WriteRune(r)
		case r == '\'' || r == '"':
			quote, inWord = r, true
		case r == '|' || r == '#' && !inWord:
			end()
			return words
		case strings.ContainsRune(" \t\n", r):
			end()
		default:
			word.WriteRune(r)
			inWord = true
		}
	}
	end()
	return words
}

func TestCurls(t *testing.T) {
	got, err := curls(t.Context(), "# a comment\ncurl -s http://a.test/x -d apiKey=k -d 'phone=62 8' | head\ncurl \"http://a.test/y\" \\\n  -H 'X-Api-Key: k' # key")
	if err != nil || len(got) != 2 {
		t.Fatalf("%v, %v", got, err)
	}
	if got[0].Method != http.MethodPost || got[0].URL.Path != "/x" || got[0].ContentLength != int64(len("apiKey=k&phone=62 8")) {
		t.Errorf("the first: %+v", got[0])
	}
	if got[1].Method != http.MethodGet || got[1].URL.Path != "/y" || got[1].Header.Get("X-Api-Key") != "k" {
		t.Errorf("the second: %+v", got[1])
	}
	if _, err := curls(t.Context(), "curl --magic x http://a.test"); err == nil {
		t.Error("an unknown option is ignored")
	}
}
