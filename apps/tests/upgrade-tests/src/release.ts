import { fileURLToPath } from 'node:url';

/** A tree of the project in which the three services are built. */
export interface Release {
  readonly name: 'former' | 'present';
  /** The folder that holds its `apps/`. */
  readonly root: string;
}

/** The project in its present state. */
export const PRESENT: Release = {
  name: 'present',
  root: fileURLToPath(new URL('../../../..', import.meta.url)),
};
