import type { OneHopWorld } from './one-hop-world.js';

/** How long a prompt endpoint may wait because of others, ms. */
const ISOLATION_MS = 1_000;
/** How long a delivery may wait in memory where only the instance keeps it back, ms: 200 and what one event adds. */
const AHEAD_MS = 500;

/** Checks how long prompt endpoints of a world that has come to rest waited for others. @returns the broken guarantees. */
export function brokenOneHopIsolation(world: OneHopWorld): string[] {
  return [
    ...(world.calm ? endpointsAreIsolated(world) : []),
    ...(world.calm ? wideEventsHoldUpNoOtherCustomer(world) : []),
    ...unitsReadLittleAhead(world),
  ];
}

/** Deliveries are not made far ahead while the instance has enough to do: their events wait. */
function unitsReadLittleAhead({ busy, servers, arrivals }: OneHopWorld): string[] {
  if (!busy) return [];
  return arrivals.flatMap(({ attempt, delivery, at }) => {
    if (servers.get(delivery.endpointId)?.character !== 'prompt' || delivery.step > 1) return [];
    const waited = at - Date.parse(delivery.createdAt);
    return waited > AHEAD_MS ? [`${attempt} waited in memory for ${waited} ms`] : [];
  });
}

/** An endpoint that does not keep up delays no other one; where little fits into memory, it may. */
function endpointsAreIsolated({ wide, paced, settings, servers, arrivals }: OneHopWorld): string[] {
  if (wide || paced || settings.holdings.deliveries < 1_000) return [];
  return arrivals.flatMap(({ attempt, delivery, at }) => {
    const { step, round, endpointId } = delivery;
    if (servers.get(endpointId)?.character !== 'prompt' || step > 1 || round > 0) return [];
    const waited = at - Date.parse(delivery.createdAt);
    return waited > ISOLATION_MS ? [`a prompt server waited ${waited} ms for ${attempt}`] : [];
  });
}

/** An event with more endpoints than fit into memory delays no event of another organisation. */
function wideEventsHoldUpNoOtherCustomer(world: OneHopWorld): string[] {
  const { wide, paced, settings, servers, arrivals, mostLagMs } = world;
  if (!wide || paced || settings.holdings.deliveries < 1_000) return [];
  const accepted = new Map(world.accepted.map(({ event, at }) => [event.id, at]));
  const created = Map.groupBy(world.endpoints.values(), ([first]) => first?.state?.organizationId);
  return arrivals.flatMap(({ attempt, delivery, at }) => {
    const { step, round, endpointId, organizationId, eventId } = delivery;
    if (servers.get(endpointId)?.character !== 'prompt' || step > 1 || round > 0) return [];
    // Its events wait for each other where they are wide themselves.
    if ((created.get(organizationId)?.length ?? 0) > settings.slice) return [];
    const waited = at - (accepted.get(eventId) ?? at);
    // A look waits until the endpoints are read.
    const most = ISOLATION_MS + 2 * mostLagMs;
    return waited > most ? [`an event of another organisation waited ${waited} ms: ${attempt}`] : [];
  });
}
