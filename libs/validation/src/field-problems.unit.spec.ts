import { namingWhole, WHOLE } from './field-problems.js';

describe('the problems of the whole', () => {
  it('get the name that their readers know, and those of fields stay as they are', () => {
    expect(namingWhole({ [WHOLE]: ['Too large.'], url: ['Bad.'] }, 'event')).toEqual({
      url: ['Bad.'],
      event: ['Too large.'],
    });
    expect(namingWhole({ url: ['Bad.'] }, 'event')).toEqual({ url: ['Bad.'] });
  });

  it('are added to those that have the name already', () => {
    expect(namingWhole({ [WHOLE]: ['Too large.'], event: ['Too late.'] }, 'event')).toEqual({
      event: ['Too late.', 'Too large.'],
    });
  });
});
