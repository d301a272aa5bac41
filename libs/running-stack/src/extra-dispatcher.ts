import { ExtraService } from './extra-service.js';

/** One more instance of the dispatcher. */
export const ExtraDispatcher = {
  /** As {@link ExtraService.start}. */
  start: (dataDir: string, settings: Record<string, string>): Promise<ExtraService> =>
    ExtraService.start('dispatcher', dataDir, settings),
};
export type ExtraDispatcher = ExtraService;
