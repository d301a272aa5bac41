import type { Stages } from '../dispatcher.module.js';
import { UNITS } from './units.controller.js';
import { UnitsModule } from './units.module.js';

/** Deliveries are made from the log of events, see `docs/decisions/36`. */
export const ONE_HOP: Stages = { modules: [UnitsModule], transports: [UNITS] };
