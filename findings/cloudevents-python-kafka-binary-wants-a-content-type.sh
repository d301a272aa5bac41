#!/usr/bin/env bash
# Package:   cloudevents 1.13.0 (PyPI)
# Behaviour: `cloudevents.kafka.to_binary` raises KeyError for an event without `datacontenttype`, which is an optional
#            attribute. `to_structured` of the same event works, and so does `cloudevents.http`'s binary mode.
# Expected:  CloudEvents 1.0, "datacontenttype": an event without it has JSON data; the Kafka binding then sets no content type.
# Seen:      kafka to_binary: KeyError('datacontenttype'); kafka to_structured: works; http to_binary: works
# Needs:     python 3.9 or newer with venv.
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp"
python3 -m venv env
env/bin/pip install --quiet --disable-pip-version-check cloudevents==1.13.0
cat > write.py <<'PY'
import sys

from cloudevents import conversion, kafka
from cloudevents.http import CloudEvent

event = CloudEvent({"source": "/shop", "type": "order.paid"}, {"order": 7})


def attempt(write):
    try:
        write(event)
        return "works"
    except Exception as error:
        return repr(error)


seen = [attempt(kafka.to_binary), attempt(kafka.to_structured), attempt(conversion.to_binary)]
print("kafka to_binary: {}; kafka to_structured: {}; http to_binary: {}".format(*seen))
sys.exit(0 if seen == ["KeyError('datacontenttype')", "works", "works"] else 1)
PY
timeout 60 env/bin/python write.py
