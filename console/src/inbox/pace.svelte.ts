// How fast voice notes are played: for all of them, until the page is closed.

const RATES = [1, 1.5, 2];

class Pace {
  rate = $state(1);

  next() {
    this.rate = RATES[(RATES.indexOf(this.rate) + 1) % RATES.length] ?? 1;
  }
}

export const pace = new Pace();
