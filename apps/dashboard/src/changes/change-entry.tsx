import { useState } from 'react';
import { Link } from 'wouter';

import type { Change } from '../api/types.js';
import { CopyButton } from '../parts/copy-button.js';
import { Icon } from '../parts/icon.js';
import { Time } from '../parts/time.js';
import { visibleText } from '../parts/visible-text.js';
import { ChangeDifference } from './change-difference.js';
import { actionName, actorName, changedFields, objectTypeName } from './change-names.js';

/** An entry of the log of changes in a list. It opens to show what was different before and after. */
export function ChangeEntry({
  change,
  object,
}: {
  readonly change: Change;
  /** The name of the object; null where all entries are about the same. */
  readonly object: string | null;
}) {
  const [open, setOpen] = useState(false);
  const fields = visibleText(changedFields(change));
  return (
    <li>
      <details className="change" onToggle={(event) => setOpen(event.currentTarget.open)}>
        <summary className="row change-row">
          <Icon name="forward" />
          <span className="row-main">
            {actionName(change.action)}
            {object !== null && (
              <small className="muted">
                <bdi>{visibleText(object)}</bdi>
              </small>
            )}
          </span>
          <span className="row-note">{fields}</span>
          <span className="row-note">
            <bdi>{visibleText(actorName(change.actor))}</bdi>
          </span>
          <span className="row-time">
            <Time at={change.created_at} />
          </span>
        </summary>
        {open && <Opened change={change} isAmongOthers={object !== null} />}
      </details>
    </li>
  );
}

/** @param isAmongOthers whether there are entries about other objects in the list. */
function Opened({ change, isAmongOthers }: { readonly change: Change; readonly isAmongOthers: boolean }) {
  return (
    <div className="change-details">
      <ChangeDifference before={change.before} after={change.after} />
      <dl className="facts">
        <div>
          <dt>Who</dt>
          <dd>
            <bdi>{visibleText(actorName(change.actor))}</bdi>
          </dd>
        </div>
        {change.actor.id !== null && <Code name="Token’s id" text={change.actor.id} />}
        <Code name="Address" text={change.address} />
        <Code name="Request id" text={change.request_id} />
        <Code name={`${objectTypeName(change.object_type)}’s id`} text={change.object_id} />
        <div>
          <dt>Place in the chain</dt>
          <dd>{change.number}</dd>
        </div>
      </dl>
      <dl className="hashes">
        <Code name="Hash of this entry" text={change.hash} copyable />
        <Code name="Hash of the entry before" text={change.previous_hash} />
      </dl>
      <p className="change-links">
        {isAmongOthers && change.object_type === 'endpoint' && (
          <Link href={`/endpoints/${change.object_id}`}>Open the endpoint</Link>
        )}
        {change.object_type === 'delivery' && (
          <Link href={`/deliveries/${change.object_id}`}>Open the delivery</Link>
        )}
        {change.object_type === 'event' && <Link href={`/events/${change.object_id}`}>Open the event</Link>}
        {isAmongOthers && (
          <Link href={`/changes?object_id=${change.object_id}`}>
            All changes of this {objectTypeName(change.object_type).toLowerCase()}
          </Link>
        )}
        {change.actor.id !== null && (
          <Link href={`/changes?actor_id=${change.actor.id}`}>All changes by this token</Link>
        )}
      </p>
    </div>
  );
}

function Code({
  name,
  text,
  copyable = false,
}: {
  readonly name: string;
  /** Null where there was none: the change did not come from a request. */
  readonly text: string | null;
  readonly copyable?: boolean;
}) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>
        {text === null ? '–' : <code>{visibleText(text)}</code>}
        {copyable && text !== null && <CopyButton text={text} label={`Copy the ${name.toLowerCase()}`} />}
      </dd>
    </div>
  );
}
