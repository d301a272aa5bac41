import { Module } from '@nestjs/common';
import { egressPolicyOf } from '@skillora/egress';

import { HostAddresses } from '../queues/host-addresses.js';
import { DISPATCHER_SETTINGS, type DispatcherSettings } from '../settings.js';
import { AuthorizedPoster } from '../credentials/authorized-poster.js';
import { TokenEndpoint } from '../credentials/token-endpoint.js';
import { Tokens } from '../credentials/tokens.js';
import { TargetPools } from './target-pools.js';
import { WebhookPoster } from './webhook-poster.js';

/** How many token endpoints keep their idle connections. */
const MAX_TOKEN_ENDPOINTS = 100;

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
    {
      provide: AuthorizedPoster,
      inject: [DISPATCHER_SETTINGS, WebhookPoster],
      useFactory: (settings: DispatcherSettings, poster: WebhookPoster) => {
        const pools = new TargetPools({
          policy: egressPolicyOf(settings),
          connectionsPerTarget: settings.endpointConcurrency,
          maxTargets: MAX_TOKEN_ENDPOINTS,
          connectTimeoutMs: settings.deliveryTimeoutMs,
          certificateAuthorities: settings.targetAuthorities.map(({ pem }) => pem),
        });
        const endpoint = new TokenEndpoint(pools, settings.deliveryTimeoutMs);
        const tokens = new Tokens({
          ask: (credentials, first) => endpoint.ask(credentials, first),
          now: () => performance.now(),
        });
        return new AuthorizedPoster(poster, tokens, settings.deliveryTimeoutMs);
      },
    },
  ],
  exports: [AuthorizedPoster, HostAddresses, WebhookPoster],
})
export class HttpModule {}
