import 'reflect-metadata';

import { runAdmin } from './admin/run-admin.js';

// Kafka's client would go on trying to reach brokers that are away.
process.exit(await runAdmin(process.argv.slice(2), process.env));
