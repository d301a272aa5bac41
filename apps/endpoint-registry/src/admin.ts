import 'reflect-metadata';

import { runAdmin } from './admin/run-admin.js';

// Kafka's client would keep trying to reach brokers that are down.
process.exit(await runAdmin(process.argv.slice(2), process.env));
