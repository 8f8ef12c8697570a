/** What the past counts when the next sample comes: about the last 200 matter. */
const forgetting = 0.995;

/** How little the first weights are trusted, next to a sample. */
const doubt = 100;

/** Recursive least squares: the weights of a sum, learned from examples of it, one by one. */
export class LeastSquares {
  readonly #weights: number[];
  readonly #covariance: number[][];

  /** @param guess the weights before anything is known */
  constructor(guess: readonly number[]) {
    this.#weights = [...guess];
    // Doubt in proportion to the weight's size, because the features differ by orders of magnitude.
    this.#covariance = guess.map((weight, row) => guess.map((_, column) => (row === column ? doubt * weight ** 2 : 0)));
  }

  /** The sum for these features. */
  predict(features: readonly number[]): number {
    return features.reduce((sum, feature, index) => sum + feature * (this.#weights[index] ?? 0), 0);
  }

  /** Learns one example. Errors count by their share of the outcome, so that long examples do not drown short ones. */
  learn(features: readonly number[], outcome: number): void {
    const scaled = features.map(feature => feature / outcome);
    const gains = this.#covariance.map(row => row.reduce((sum, one, index) => sum + one * (scaled[index] ?? 0), 0));
    const trust = forgetting + gains.reduce((sum, gain, index) => sum + gain * (scaled[index] ?? 0), 0);
    const error = 1 - this.predict(scaled);
    for (const [row, gain] of gains.entries()) {
      this.#weights[row] = (this.#weights[row] ?? 0) + (gain / trust) * error;
      const covariances = this.#covariance[row];
      if (covariances === undefined) continue;
      for (const [column, other] of gains.entries()) {
        covariances[column] = ((covariances[column] ?? 0) - (gain * other) / trust) / forgetting;
      }
    }
  }
}
