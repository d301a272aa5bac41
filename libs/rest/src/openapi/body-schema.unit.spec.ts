import { ArrayNotEmpty, IsArray, IsBoolean, IsIn, IsInt, IsString, MaxLength } from 'class-validator';

import { Refused, Requires } from '../body.js';
import { bodySchema, Shown } from './body-schema.js';

class Thing {
  @Shown({ description: 'What it is called.' })
  @MaxLength(5)
  @IsString()
  name!: string;

  @IsIn(['a', 'b'], { each: true })
  @ArrayNotEmpty()
  @IsArray()
  kinds!: string[];

  @IsIn(['a', 'b'])
  kind!: string;
}

@Requires('name')
class NewThing extends Thing {
  @IsBoolean()
  active!: boolean;

  @Refused('Not here.')
  elsewhere!: never;
}

it('the schema of a body is made of the rules on its class, inherited ones included', () => {
  expect(bodySchema(NewThing)).toEqual({
    type: 'object',
    required: ['name'],
    properties: {
      name: { type: 'string', pattern: '^[^\\u0000]*$', maxLength: 5, description: 'What it is called.' },
      kinds: { type: 'array', minItems: 1, items: { enum: ['a', 'b'] } },
      kind: { enum: ['a', 'b'] },
      active: { type: 'boolean' },
      elsewhere: { not: {}, description: 'Not here.' },
    },
  });
});

it('a rule that nobody taught it is not left out silently', () => {
  class Counted {
    @IsInt()
    count!: number;
  }
  expect(() => bodySchema(Counted)).toThrow('isInt');
});
