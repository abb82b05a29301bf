package views

import "strings"

// snippet is a ready-made piece of program that links the device and asks for its state.
type snippet struct{ id, name, code string }

// keyStandIn stands where the key will be, until it is revealed.
const keyStandIn = "YOUR_API_KEY"

func (a API) fill(text string) string {
	key := a.Key
	if key == "" {
		key = keyStandIn
	}
	return strings.NewReplacer("{URL}", a.BaseURL, "{KEY}", key).Replace(text)
}

// curlLine asks for the state of the device.
func (a API) curlLine() string {
	return a.fill(`curl {URL}/api/getState -d apiKey={KEY}`)
}

func (a API) snippets() []snippet {
	return []snippet{
		{"curl", "curl", a.fill(snippetCurl)},
		{"php", "PHP", a.fill(snippetPHP)},
		{"laravel", "Laravel", a.fill(snippetLaravel)},
		{"javascript", "JavaScript", a.fill(snippetJavaScript)},
		{"python", "Python", a.fill(snippetPython)},
		{"go", "Go", a.fill(snippetGo)},
	}
}

const snippetCurl = `# start, fetch the QR as a picture, ask for the state
curl {URL}/api/serviceStart -d apiKey={KEY}
curl {URL}/api/getQR        -d apiKey={KEY}
curl {URL}/api/getState     -d apiKey={KEY}`

const snippetPHP = `<?php
function wadah(string $call): array {
    $c = curl_init("{URL}/api/$call");
    curl_setopt_array($c, [
        CURLOPT_POSTFIELDS     => http_build_query(["apiKey" => "{KEY}"]),
        CURLOPT_RETURNTRANSFER => true,
        CURLOPT_TIMEOUT        => 30,
    ]);
    return json_decode(curl_exec($c), true);
}

wadah("serviceStart");
echo wadah("getState")["results"]["state"];`

const snippetLaravel = `use Illuminate\Support\Facades\Http;

$wadah = Http::baseUrl("{URL}/api")
    ->withHeaders(["X-Api-Key" => "{KEY}"])
    ->timeout(30);

$wadah->post("serviceStart");
$state = $wadah->post("getState")->json("results.state");`

const snippetJavaScript = `async function wadah(call) {
  const answer = await fetch("{URL}/api/" + call, {
    method: "POST",
    headers: { "X-Api-Key": "{KEY}" },
  });
  return answer.json();
}

await wadah("serviceStart");
const { results } = await wadah("getState");
console.log(results.state);`

const snippetPython = `import requests

def wadah(call):
    return requests.post(
        "{URL}/api/" + call,
        data={"apiKey": "{KEY}"},
        timeout=30,
    ).json()

wadah("serviceStart")
print(wadah("getState")["results"]["state"])`

const snippetGo = `package main

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
)

func main() {
	key := url.Values{"apiKey": {"{KEY}"}}
	for _, call := range []string{"serviceStart", "getState"} {
		answer, err := http.PostForm("{URL}/api/"+call, key)
		if err != nil {
			panic(err)
		}
		body, _ := io.ReadAll(answer.Body)
		answer.Body.Close()
		fmt.Println(string(body))
	}
}`
