import kafkajs, { type AclEntry, type Kafka } from 'kafkajs';

const { AclOperationTypes, AclPermissionTypes, AclResourceTypes, ResourcePatternTypes } = kafkajs;

/** The topics that every service may describe. */
const SEEN = ['webhook.*', 'interview-completions*'];

/** Sets the ACLs from the table in the documentation, for one user with the name of each service. */
export async function grantAcls(kafka: Kafka, documentation: string): Promise<void> {
  const rows = documentation
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .map((line) => line.split('|').slice(1, -1))
    .map((cells) => cells.map((cell) => cell.trim()));
  const header = rows.findIndex(([, first]) => first === 'Read on topics');
  const table = rows.slice(header + 2, header + 6);
  const entries = table.flatMap(([service = '', reads, writes, groups, ids, besides = '']) => {
    const [user = ''] = namesIn(service);
    const grant = grantTo(user);
    return [
      ...grant('TOPIC', 'DESCRIBE', SEEN),
      ...grant('TOPIC', 'DESCRIBE_CONFIGS', SEEN),
      ...grant('TOPIC', 'READ', namesIn(reads)),
      ...grant('TOPIC', 'WRITE', namesIn(writes)),
      ...grant('GROUP', 'READ', namesIn(groups)),
      ...grant('TRANSACTIONAL_ID', 'WRITE', namesIn(ids)),
      ...besides.split(';').flatMap((clause) => {
        if (clause.includes('Delete on topic')) return grant('TOPIC', 'DELETE', namesIn(clause));
        if (clause.includes('Delete on group')) return grant('GROUP', 'DELETE', namesIn(clause));
        if (clause.includes('Create on topics')) return grant('TOPIC', 'CREATE', namesIn(clause));
        if (clause.includes('DescribeConfigs on the cluster'))
          return grant('CLUSTER', 'DESCRIBE_CONFIGS', ['kafka-cluster']);
        if (clause.trim() !== '') throw new Error(`no right is known by: ${clause}`);
        return [];
      }),
    ];
  });
  const admin = kafka.admin();
  await admin.connect();
  try {
    await admin.createAcls({ acl: entries });
  } finally {
    await admin.disconnect();
  }
}

function grantTo(user: string) {
  return (
    resource: keyof typeof AclResourceTypes,
    operation: keyof typeof AclOperationTypes,
    names: readonly string[],
  ): AclEntry[] =>
    names.map((name) => ({
      principal: `User:${user}`,
      host: '*',
      operation: AclOperationTypes[operation],
      permissionType: AclPermissionTypes.ALLOW,
      resourceType: AclResourceTypes[resource],
      resourceName: name.replace(/\*$/, ''),
      resourcePatternType: name.endsWith('*') ? ResourcePatternTypes.PREFIXED : ResourcePatternTypes.LITERAL,
    }));
}

/** The texts in backticks. */
function namesIn(cell = ''): string[] {
  return [...cell.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name);
}
