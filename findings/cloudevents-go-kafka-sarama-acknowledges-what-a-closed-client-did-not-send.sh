#!/usr/bin/env bash
# Package:   github.com/cloudevents/sdk-go/protocol/kafka_sarama/v2 2.16.2 (Go), with github.com/IBM/sarama 1.45.2
# Behaviour: a sender made from a client of sarama reports success for an event after that client was closed, for example by
#            another part of a service that is shutting down. Nothing was sent, so the event is lost, and nobody learns of it.
# Why:       the sender takes sarama's error for a closed client to mean that there is no problem, and returns no error.
# Expected:  the error, as for every other reason for which Kafka does not have the event.
# Seen:      open: acknowledged, 1 request with records; closed: acknowledged, 1 request with records
# Needs:     go 1.23 or newer.
set -euo pipefail
tmp=$(mktemp -d)
trap 'chmod -R u+w "$tmp"; rm -rf "$tmp"' EXIT
cd "$tmp"
cat > main.go <<'GO'
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/IBM/sarama"
	"github.com/cloudevents/sdk-go/protocol/kafka_sarama/v2"
	cloudevents "github.com/cloudevents/sdk-go/v2"
)

// sarama's own stand-in for a broker reports problems to it.
type reporter struct{}

func (reporter) Error(all ...any)                 { fmt.Fprintln(os.Stderr, all...) }
func (reporter) Errorf(form string, all ...any)   { fmt.Fprintf(os.Stderr, form+"\n", all...) }
func (r reporter) Fatal(all ...any)               { r.Error(all...); os.Exit(2) }
func (r reporter) Fatalf(form string, all ...any) { r.Errorf(form, all...); os.Exit(2) }
func (reporter) Helper()                          {}

func main() {
	broker := sarama.NewMockBroker(reporter{}, 1)
	broker.SetHandlerByMap(map[string]sarama.MockResponse{
		"ApiVersionsRequest": sarama.NewMockApiVersionsResponse(reporter{}),
		"MetadataRequest": sarama.NewMockMetadataResponse(reporter{}).
			SetBroker(broker.Addr(), broker.BrokerID()).SetLeader("events", 0, broker.BrokerID()),
		"ProduceRequest": sarama.NewMockProduceResponse(reporter{}),
	})
	config := sarama.NewConfig()
	config.Producer.Return.Successes = true
	connection, err := sarama.NewClient([]string{broker.Addr()}, config)
	if err != nil {
		panic(err)
	}
	sender, err := kafka_sarama.NewSenderFromClient(connection, "events")
	if err != nil {
		panic(err)
	}
	client, err := cloudevents.NewClient(sender, cloudevents.WithTimeNow(), cloudevents.WithUUIDs())
	if err != nil {
		panic(err)
	}
	send := func() string {
		event := cloudevents.NewEvent()
		event.SetSource("/shop")
		event.SetType("order.paid")
		if err := event.SetData(cloudevents.ApplicationJSON, map[string]any{"order": 7}); err != nil {
			panic(err)
		}
		word := "acknowledged"
		if result := client.Send(context.Background(), event); !cloudevents.IsACK(result) {
			word = "refused"
		}
		requests := 0
		for _, each := range broker.History() {
			if _, ok := each.Request.(*sarama.ProduceRequest); ok {
				requests++
			}
		}
		return fmt.Sprintf("%s, %d request with records", word, requests)
	}
	open := send()
	if err := connection.Close(); err != nil {
		panic(err)
	}
	closed := send()
	fmt.Printf("open: %s; closed: %s\n", open, closed)
	if open != closed || closed != "acknowledged, 1 request with records" {
		os.Exit(1)
	}
}
GO
export GOPATH="$tmp/go" GOFLAGS=-mod=mod
go mod init finding >/dev/null 2>&1
go get github.com/cloudevents/sdk-go/v2@v2.16.2 >/dev/null 2>&1
go get github.com/IBM/sarama@v1.45.2 github.com/cloudevents/sdk-go/protocol/kafka_sarama/v2@v2.16.2 >/dev/null 2>&1
go build -o finding .
timeout 60 ./finding
