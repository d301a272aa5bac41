import { BodyBudget } from './body-budget.js';

describe('the memory of bodies that are not read yet', () => {
  it('is bounded for one organisation, so that another still gets some', () => {
    const budget = new BodyBudget({ organization: 10, all: 25 });
    expect(budget.take('a', 6)).not.toBeNull();
    expect(budget.take('a', 5)).toBeNull();
    expect(budget.take('a', 4)).not.toBeNull();
    expect(budget.take('b', 10)).not.toBeNull();
  });

  it('is bounded for all together', () => {
    const budget = new BodyBudget({ organization: 10, all: 15 });
    budget.take('a', 10);
    expect(budget.take('b', 6)).toBeNull();
    expect(budget.take('b', 5)).not.toBeNull();
  });

  it('is free again once it was given back', () => {
    const budget = new BodyBudget({ organization: 10, all: 10 });
    const giveBack = budget.take('a', 10);
    expect(budget.take('b', 1)).toBeNull();
    giveBack?.();
    expect(budget.take('b', 10)).not.toBeNull();
  });
});
