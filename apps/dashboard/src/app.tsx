import { QueryClientProvider } from '@tanstack/react-query';
import { useState } from 'react';
import { Redirect, Route, Router, Switch } from 'wouter';

import { LiveProvider } from './api/live.js';
import { createQueryClient } from './api/query-client.js';
import { ChangesPage } from './changes/changes-page.js';
import { DeliveriesPage } from './deliveries/deliveries-page.js';
import { DeliveryPage } from './deliveries/delivery-page.js';
import { EndpointPage } from './endpoints/endpoint-page.js';
import { EndpointsPage } from './endpoints/endpoints-page.js';
import { EventPage } from './events/event-page.js';
import { EventsPage } from './events/events-page.js';
import { OverviewPage } from './overview/overview-page.js';
import { Toasts } from './parts/toasts.js';
import { SessionProvider, useSession } from './session/session.js';
import { SignInPage } from './session/sign-in-page.js';
import { Layout } from './shell/layout.js';

export function App() {
  const [queries] = useState(createQueryClient);
  return (
    <QueryClientProvider client={queries}>
      <SessionProvider>
        <Router base="/dashboard">
          <Pages />
        </Router>
        <Toasts />
      </SessionProvider>
    </QueryClientProvider>
  );
}

function Pages() {
  const { api } = useSession();
  if (!api) return <SignInPage />;
  return (
    <LiveProvider>
      <Layout>
        <Switch>
          <Route path="/" component={OverviewPage} />
          <Route path="/deliveries" component={DeliveriesPage} />
          <Route path="/deliveries/:id">{({ id }) => <DeliveryPage key={id} id={id} />}</Route>
          <Route path="/events" component={EventsPage} />
          <Route path="/events/:id">{({ id }) => <EventPage key={id} id={id} />}</Route>
          <Route path="/endpoints" component={EndpointsPage} />
          <Route path="/endpoints/:id">{({ id }) => <EndpointPage key={id} id={id} />}</Route>
          <Route path="/changes" component={ChangesPage} />
          <Route>
            <Redirect to="/" replace />
          </Route>
        </Switch>
      </Layout>
    </LiveProvider>
  );
}
