// A receiver that verifies with the library of Standard Webhooks. Each line of standard input is a case of five parts in
// base64, separated by tabs: secret, body, id, timestamp, signature. Each line of standard output is its outcome.
package main

import (
	"bufio"
	"encoding/base64"
	"fmt"
	"net/http"
	"os"
	"strings"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

func text(part string) string {
	bytes, err := base64.StdEncoding.DecodeString(part)
	if err != nil {
		panic(err)
	}
	return string(bytes)
}

func outcome(parts []string) string {
	headers := http.Header{}
	headers.Set("webhook-id", text(parts[2]))
	headers.Set("webhook-timestamp", text(parts[3]))
	headers.Set("webhook-signature", text(parts[4]))
	webhook, err := standardwebhooks.NewWebhook(text(parts[0]))
	if err != nil {
		return "takes no such secret"
	}
	if webhook.Verify([]byte(text(parts[1])), headers) != nil {
		return "refuses"
	}
	return "verifies"
}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		fmt.Println(outcome(strings.Split(lines.Text(), "\t")))
	}
}
