package device

import "wadah/views"

// snippet is a ready-made piece of program.
type snippet struct{ id, name, code string }

func (a API) fill(text string) string { return views.FillExample(text, a.BaseURL, a.Key) }

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

// Each snippet does the same: it starts the device, asks for its state, and takes the QR
// code when there is one to scan. The key travels in the body or a header, never in the
// address, which servers write into logs.

const snippetCurl = `# start the device, then ask for its state
curl {URL}/api/serviceStart -d apiKey={KEY}
curl {URL}/api/getState -d apiKey={KEY}

# save the QR code as a picture
curl -s {URL}/api/getQR -d apiKey={KEY} \
  | sed 's/.*base64,\([^"]*\)".*/\1/' | base64 -d > qr.png`

const snippetPHP = `<?php
function wadah(string $call): array
{
    $request = curl_init("{URL}/api/$call");
    curl_setopt_array($request, [
        CURLOPT_HTTPHEADER     => ["X-Api-Key: {KEY}"],
        CURLOPT_POSTFIELDS     => "",
        CURLOPT_RETURNTRANSFER => true,
        CURLOPT_TIMEOUT        => 30,
    ]);
    $body = curl_exec($request);
    if ($body === false) {
        throw new RuntimeException(curl_error($request));
    }
    return json_decode($body, true);
}

wadah("serviceStart");
echo wadah("getState")["results"]["state"], PHP_EOL;

$answer = wadah("getQR"); // 200 while there is a code to scan
if ($answer["code"] === 200) {
    echo '<img alt="QR" src="', $answer["results"]["qrString"], '">';
}`

const snippetLaravel = `use Illuminate\Support\Facades\Http;

$wadah = fn (string $call) => Http::withHeaders(["X-Api-Key" => "{KEY}"])
    ->timeout(30)
    ->post("{URL}/api/$call");

$wadah("serviceStart")->throw();
$state = $wadah("getState")->json("results.state");

$answer = $wadah("getQR"); // 200 while there is a code to scan
$qr = $answer->ok() ? $answer->json("results.qrString") : null;
// in the view: <img alt="QR" src="{{ $qr }}">`

const snippetJavaScript = "// Node 18 or newer, as a module (.mjs)\n" +
	"import { writeFile } from \"node:fs/promises\";\n" +
	"\n" +
	"async function wadah(call) {\n" +
	"  const answer = await fetch(`{URL}/api/${call}`, {\n" +
	"    method: \"POST\",\n" +
	"    headers: { \"X-Api-Key\": \"{KEY}\" },\n" +
	"  });\n" +
	"  return answer.json();\n" +
	"}\n" +
	"\n" +
	"await wadah(\"serviceStart\");\n" +
	"console.log((await wadah(\"getState\")).results.state);\n" +
	"\n" +
	"const { code, results } = await wadah(\"getQR\"); // 200 while there is a code to scan\n" +
	"if (code === 200) {\n" +
	"  const picture = results.qrString.split(\",\")[1];\n" +
	"  await writeFile(\"qr.png\", Buffer.from(picture, \"base64\"));\n" +
	"}"

const snippetPython = `import base64

import requests


def wadah(call):
    headers = {"X-Api-Key": "{KEY}"}
    return requests.post("{URL}/api/" + call, headers=headers, timeout=30).json()


wadah("serviceStart")
print(wadah("getState")["results"]["state"])

answer = wadah("getQR")  # 200 while there is a code to scan
if answer["code"] == 200:
    picture = answer["results"]["qrString"].split(",")[1]
    with open("qr.png", "wb") as file:
        file.write(base64.b64decode(picture))`

const snippetGo = `package main

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log"
	"net/http"
	"os"
	"strings"
)

type answer struct {
	Code    int
	Results struct{ State, QRString string }
}

func wadah(call string) (a answer) {
	req, err := http.NewRequest("POST", "{URL}/api/"+call, nil)
	if err != nil {
		log.Fatal(err)
	}
	req.Header.Set("X-Api-Key", "{KEY}")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		log.Fatal(err)
	}
	defer res.Body.Close()
	if err := json.NewDecoder(res.Body).Decode(&a); err != nil {
		log.Fatal(err)
	}
	return a
}

func main() {
	wadah("serviceStart")
	fmt.Println(wadah("getState").Results.State)

	qr := wadah("getQR") // 200 while there is a code to scan
	if qr.Code == 200 {
		_, picture, _ := strings.Cut(qr.Results.QRString, ",")
		png, err := base64.StdEncoding.DecodeString(picture)
		if err != nil {
			log.Fatal(err)
		}
		if err := os.WriteFile("qr.png", png, 0o644); err != nil {
			log.Fatal(err)
		}
	}
}`
