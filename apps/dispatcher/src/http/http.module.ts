import { Module } from '@nestjs/common';
import { egressPolicyOf } from '@skillora/egress';

import { HostAddresses } from '../queues/host-addresses.js';
import { DISPATCHER_SETTINGS, type DispatcherSettings } from '../settings.js';
import { WebhookPoster } from './webhook-poster.js';

/** Requests to customers' servers, and the addresses that they were sent to. */
@Module({
  providers: [
    HostAddresses,
    {
      provide: WebhookPoster,
      inject: [DISPATCHER_SETTINGS, HostAddresses],
      useFactory: (settings: DispatcherSettings, addresses: HostAddresses) =>
        new WebhookPoster({
          timeoutMs: settings.deliveryTimeoutMs,
          policy: egressPolicyOf(settings),
          connectionsPerOrigin: settings.endpointConcurrency,
          certificateAuthorities: settings.targetAuthorities.map(({ pem }) => pem),
          addresses,
        }),
    },
  ],
  exports: [HostAddresses, WebhookPoster],
})
export class HttpModule {}
