import { Allow, IsBoolean, IsIn, IsString, MaxLength } from 'class-validator';

import { AsSent, BodyPipe, MayBeAbsent, Refused, Requires } from './body.js';
import { InvalidFieldsException } from './problems.js';

class Thing {
  @MaxLength(5, { message: 'Too long.' })
  @IsString({ message: 'Not a valid string.' })
  name!: string;

  @IsBoolean({ message: 'Must be a valid boolean.' })
  active!: boolean;

  @Refused('Not here.')
  elsewhere!: never;
}

@Requires('name', 'active')
class WholeThing extends Thing {}

@MayBeAbsent()
class OptionalThing extends Thing {}

const pipe = new BodyPipe();
const read = (metatype: new () => object, body: unknown): Promise<unknown> =>
  pipe.transform(body, { type: 'body', metatype });

async function problemsOf(body: unknown, type: new () => object = Thing): Promise<unknown> {
  try {
    await read(type, body);
  } catch (error) {
    if (error instanceof InvalidFieldsException) return error.getResponse();
    throw error;
  }
  return {};
}

describe('a body', () => {
  it('is read into its class, and what that does not declare is ignored', async () => {
    const body = await read(
      Thing,
      JSON.parse('{"name":"a","id":7,"constructor":1,"__proto__":{"active":1}}'),
    );
    expect(body).toBeInstanceOf(Thing);
    expect(Object.entries(body as Thing)).toEqual([['name', 'a']]);
  });

  it('has fields that are passed on as they were sent, whatever keys they have', async () => {
    @AsSent('names')
    class Named extends Thing {
      @Allow()
      names?: unknown;
    }
    class More extends Named {}
    const names: unknown = JSON.parse('{"constructor":"a","prototype":"b","__proto__":"c"}');
    const body = (await read(More, { name: 'a', names })) as More;
    expect(body.names).toBe(names);
    expect(Object.keys(names as object)).toEqual(['constructor', 'prototype', '__proto__']);
    expect(Object.entries((await read(More, { name: 'a' })) as More)).toEqual([['name', 'a']]);
    expect(await problemsOf({ name: 7, names: null }, More)).toEqual({ name: ['Not a valid string.'] });
    const nul = { constructor: [{ deep: 'a\u0000' }] };
    expect(await problemsOf({ name: 'a', names: nul }, More)).toEqual({ names: [expect.any(String)] });
  });

  it('may be absent where its class says so', async () => {
    expect(await read(OptionalThing, undefined)).toEqual({});
    expect(await problemsOf(null, OptionalThing)).toHaveProperty('non_field_errors');
  });

  it('is not what else a handler asks for: that passes unchanged', async () => {
    expect(await pipe.transform({ a: '1' }, { type: 'query', metatype: Object })).toEqual({ a: '1' });
    expect(await pipe.transform('7', { type: 'param', metatype: String })).toBe('7');
    const bytes = Buffer.from('x');
    expect(await pipe.transform(bytes, { type: 'body', metatype: Object })).toBe(bytes);
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
  ])('%j is refused with what is wrong by field', async (body, problems) => {
    expect(await problemsOf(body)).toEqual(problems);
  });

  it('must have the fields that are required, also by a class that inherits them', async () => {
    expect(await problemsOf({ active: true }, WholeThing)).toEqual({ name: ['This field is required.'] });
    expect(await problemsOf({ name: null, active: 1 }, WholeThing)).toEqual({
      name: ['Not a valid string.'],
      active: ['Must be a valid boolean.'],
    });
  });

  it('shows missing fields and texts that cannot be stored first', async () => {
    const problems = await problemsOf({ name: 7, elsewhere: '\u0000' }, WholeThing);
    expect(JSON.stringify(problems)).toBe(
      '{"active":["This field is required."],"elsewhere":["Null characters are not allowed."],"name":["Not a valid string."]}',
    );
  });

  it('that is wrong in ten thousand places of a field is refused with one fault of that field', async () => {
    class Choices {
      @IsIn(['a', 'b'], { each: true, message: 'Each must be one of: a, b.' })
      choices!: string[];
    }
    const wrong = Array.from({ length: 10_000 }, (_, index) => `${index}${'x'.repeat(1_000)}`);
    let answer: unknown;
    try {
      await read(Choices, { choices: wrong });
    } catch (error) {
      answer = (error as InvalidFieldsException).getResponse();
    }
    expect(answer).toEqual({ choices: ['Each must be one of: a, b.'] });
  });

  it('whose faults are listed by code of ours is refused within the same bounds', () => {
    const fields = Object.fromEntries(
      Array.from({ length: 5_000 }, (_, index) => [`${index}${'k'.repeat(5_000)}`, ['x'.repeat(5_000)]]),
    );
    const answer = new InvalidFieldsException(fields).getResponse() as Record<string, string[]>;
    expect(Object.keys(answer)).toHaveLength(101);
    expect(JSON.stringify(answer).length).toBeLessThan(150_000);
  });
});
