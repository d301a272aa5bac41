export { freePort } from './free-port.js';
export { endOrphanedBroker } from './broker-node.js';
export { type ClusterNode, EmbeddedCluster, type EmbeddedClusterOptions } from './embedded-cluster.js';
export { type EmbeddedBrokerOptions, type RunningBroker, startEmbeddedBroker } from './embedded-broker.js';
export {
  type EmbeddedDatabaseOptions,
  createDatabaseOn,
  endOrphanedDatabase,
  type RunningDatabase,
  startEmbeddedDatabase,
} from './embedded-database.js';
export { endOrphan, isRunning, readPidFile, type RecordedProcess } from './pid-file.js';
export { PythonPackages } from './python-packages.js';
export { processIdentity } from './process-identity.js';
export {
  type Command,
  describeExit,
  OwnedProcess,
  type OwnedProcessOptions,
  type ProcessExit,
  StartError,
} from './owned-process.js';
export { requirements } from './requirements.js';
export { startTestEngines, type TestEngines } from './test-engines.js';
