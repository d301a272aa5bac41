import { IsBoolean, IsIn, IsString, MaxLength } from 'class-validator';

import { readBody, Refused } from './body.js';
import { InvalidFields } from './problems.js';

class Thing {
  @MaxLength(5, { message: 'Too long.' })
  @IsString({ message: 'Not a valid string.' })
  name!: string;

  @IsBoolean({ message: 'Must be a valid boolean.' })
  active!: boolean;

  @Refused('Not here.')
  elsewhere!: never;
}

function problemsOf(body: unknown, required: string[] = []): unknown {
  try {
    readBody(Thing, body, { required });
  } catch (error) {
    if (error instanceof InvalidFields) return error.getResponse();
    throw error;
  }
  return {};
}

describe('a body', () => {
  it('is read, and what its class does not declare is ignored', () => {
    expect({ ...readBody(Thing, { name: 'a', id: 7, __proto__: { active: 1 } }) }).toEqual({ name: 'a' });
  });

  it.each([
    [{ name: 7 }, { name: ['Not a valid string.'] }],
    [{ name: 'toolong' }, { name: ['Too long.'] }],
    [{ name: null }, { name: ['Not a valid string.'] }],
    [{ active: 'true' }, { active: ['Must be a valid boolean.'] }],
    [{ elsewhere: 'x' }, { elsewhere: ['Not here.'] }],
    [
      { elsewhere: null, name: 7 },
      { elsewhere: ['Not here.'], name: ['Not a valid string.'] },
    ],
    [{ name: 'a\u0000' }, { name: ['Null characters are not allowed.'] }],
    [{ name: '\ud800' }, { name: ['Lone surrogates are not allowed.'] }],
    [[], { non_field_errors: ['Invalid data. Expected a JSON object.'] }],
    [null, { non_field_errors: ['Invalid data. Expected a JSON object.'] }],
    [undefined, { non_field_errors: ['Invalid data. Expected a JSON object.'] }],
  ])('%j is refused with what is wrong by field', (body, problems) => {
    expect(problemsOf(body)).toEqual(problems);
  });

  it('must have the fields that are required', () => {
    expect(problemsOf({ active: true }, ['name', 'active'])).toEqual({ name: ['This field is required.'] });
  });

  it('that is wrong in ten thousand places of a field is refused with one fault of that field', () => {
    class Choices {
      @IsIn(['a', 'b'], { each: true, message: 'Each must be one of: a, b.' })
      choices!: string[];
    }
    const wrong = Array.from({ length: 10_000 }, (_, index) => `${index}${'x'.repeat(1_000)}`);
    let answer: unknown;
    try {
      readBody(Choices, { choices: wrong });
    } catch (error) {
      answer = (error as InvalidFields).getResponse();
    }
    expect(answer).toEqual({ choices: ['Each must be one of: a, b.'] });
  });

  it('whose faults are listed by code of ours is refused within the same bounds', () => {
    const fields = Object.fromEntries(
      Array.from({ length: 5_000 }, (_, index) => [`${index}${'k'.repeat(5_000)}`, ['x'.repeat(5_000)]]),
    );
    const answer = new InvalidFields(fields).getResponse() as Record<string, string[]>;
    expect(Object.keys(answer)).toHaveLength(101);
    expect(JSON.stringify(answer).length).toBeLessThan(150_000);
  });
});
