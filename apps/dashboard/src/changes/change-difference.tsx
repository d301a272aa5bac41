import { visibleText } from '../parts/visible-text.js';
import { fieldName } from './change-names.js';
import {
  differingTexts,
  type FieldChange,
  fieldChanges,
  type Fields,
  type ShownValue,
} from './field-changes.js';

/** What was different before and after, field by field, with the differing part of each text marked. */
export function ChangeDifference({
  before,
  after,
}: {
  readonly before: Fields | null;
  readonly after: Fields | null;
}) {
  const found = fieldChanges(before, after);
  // The version counts the changes of the other fields, so it comes after them.
  const isVersion = ({ path }: FieldChange) => path === 'version';
  const changes = [...found.filter((each) => !isVersion(each)), ...found.filter(isVersion)];
  if (changes.length === 0) return <p className="muted">The entry names no field.</p>;
  return (
    <dl className={`difference ${before === null || after === null ? 'one-sided' : ''}`}>
      {changes.map((change) => (
        <Field key={change.path} change={change} sides={{ before: before !== null, after: after !== null }} />
      ))}
    </dl>
  );
}

/** @param sides whether the object existed before, and after. */
function Field({
  change: { path, before, after },
  sides,
}: {
  readonly change: FieldChange;
  readonly sides: { readonly before: boolean; readonly after: boolean };
}) {
  const texts =
    before?.isLiteral && after?.isLiteral
      ? differingTexts(visibleText(before.text), visibleText(after.text))
      : null;
  return (
    <div>
      <dt>{visibleText(fieldName(path))}</dt>
      {sides.before && (
        <dd>
          {sides.after && <span className="side">Before</span>}
          {texts ? (
            <bdi className="value">
              {texts.start}
              {texts.before !== '' && <del>{texts.before}</del>}
              {texts.end}
            </bdi>
          ) : (
            <Value value={before} />
          )}
        </dd>
      )}
      {sides.after && (
        <dd>
          {sides.before && <span className="side">After</span>}
          {texts ? (
            <bdi className="value">
              {texts.start}
              {texts.after !== '' && <ins>{texts.after}</ins>}
              {texts.end}
            </bdi>
          ) : (
            <Value value={after} />
          )}
        </dd>
      )}
    </div>
  );
}

/** A value as a whole; null for one that is not there. */
function Value({ value }: { readonly value: ShownValue | null }) {
  if (value === null) return <span className="muted">not there</span>;
  return value.isLiteral ? (
    <bdi className="value">{visibleText(value.text)}</bdi>
  ) : (
    <span className="muted">{value.text}</span>
  );
}
