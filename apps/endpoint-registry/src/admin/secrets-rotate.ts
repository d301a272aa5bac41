import { Command } from 'commander';

import { operator } from '../changes/author.js';
import { SecretRotation } from '../endpoints/secret-rotation.js';
import type { Admin } from './admin.js';
import { Problem } from './problem.js';

/** `secrets rotate`: encrypts endpoint secrets with the newest key. */
export const secretsRotate = (admin: Admin): Command =>
  new Command('rotate')
    .description(
      'Encrypts every endpoint secret with the first key of SECRETS_KEY, in PostgreSQL and in Kafka. Before you run it, put ' +
        'the new key in front of the old ones and restart all instances of endpoint-registry and dispatcher. They keep ' +
        'running meanwhile, and you can run it again.',
    )
    .option('--json', 'print the result as JSON')
    .action(async ({ json }: { json?: true }) => {
      const box = admin.secretBox();
      const rotation = new SecretRotation(await admin.database(), box, admin.changeLog(), operator());
      const missing = [...(await rotation.usage())].filter(([keyId]) => !box.keyIds.includes(keyId));
      if (missing.length > 0) {
        const which = missing.map(([keyId, count]) => `${keyId} (${count} endpoints)`).join(', ');
        throw new Problem(
          `SECRETS_KEY lacks keys that secrets are sealed with: ${which}. Add them after the newest one`,
        );
      }
      const changed = await rotation.rotate();
      await admin.bringIntoForce();
      const left = [...(await rotation.usage()).keys()].filter((keyId) => keyId !== box.keyId);
      const removable = box.keyIds.filter((keyId) => keyId !== box.keyId && !left.includes(keyId));
      admin.result(
        json
          ? JSON.stringify({ key: box.keyId, endpoints_changed: changed, removable, in_use: left }, null, 2)
          : String(changed),
      );
      admin.note(`the secrets of ${changed} endpoints are now sealed with key ${box.keyId}`);
      if (left.length > 0) {
        admin.note(
          `warning: an instance of endpoint-registry still seals secrets with ${left.join(', ')}: restart it with the new SECRETS_KEY and run this again`,
        );
      } else if (removable.length > 0) {
        admin.note(
          `SECRETS_KEY no longer needs ${removable.join(', ')} once this command has ended with exit code 0`,
        );
      }
    });
