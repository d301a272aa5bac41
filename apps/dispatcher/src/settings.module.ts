import { type DynamicModule, Global, Module } from '@nestjs/common';

import { DISPATCHER_SETTINGS, type DispatcherSettings } from './settings.js';

/** The settings of the service, for all of its modules. */
@Global()
@Module({})
export class SettingsModule {
  static of(settings: DispatcherSettings): DynamicModule {
    return {
      module: SettingsModule,
      providers: [{ provide: DISPATCHER_SETTINGS, useValue: settings }],
      exports: [DISPATCHER_SETTINGS],
    };
  }
}
