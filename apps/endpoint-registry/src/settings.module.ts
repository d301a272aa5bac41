import { type DynamicModule, Global, Module } from '@nestjs/common';

import { REGISTRY_SETTINGS, type RegistrySettings } from './settings.js';

/** The settings of the service, for every module of it. */
@Global()
@Module({})
export class SettingsModule {
  static forRoot(settings: RegistrySettings): DynamicModule {
    return {
      module: SettingsModule,
      providers: [{ provide: REGISTRY_SETTINGS, useValue: settings }],
      exports: [REGISTRY_SETTINGS],
    };
  }
}
