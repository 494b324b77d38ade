using FastHyper.Backends;
using FastHyper.Backends.Cpu.Factorisations;
using MathNet.Numerics.LinearAlgebra;

namespace FastHyper.Tests.Backends.Cpu;

/// <summary>Sparse and dense factors of one MDP, against dense solves with pivots and against closed forms that those lose.</summary>
public unsafe class PolicyFactorsTests
{
    public static TheoryData<bool, double> Kinds => new()
    {
        { false, 0.0 }, { false, 0.9 }, { false, 0.999999 }, { true, 0.0 }, { true, 0.9 }, { true, 0.999999 },
    };

    [Theory, MemberData(nameof(Kinds))]
    public void SolvesAreThoseOfADenseSolver(bool dense, double gamma)
    {
        for (int states = 1; states <= 40; states++)
        {
            foreach (bool ends in (bool[])[false, true])
            {
                SparseMatrix p = Rows(states, 3, ends, seed: states);
                using PolicyFactors factors = Create(p, 3, dense);
                Random random = new(states);
                Matrix<double> a = Matrix<double>.Build.DenseIdentity(states);
                for (int s = 0; s < states; s++)
                {
                    double[] weights = [.. Enumerable.Range(0, 3).Select(_ => random.NextDouble())];
                    for (int action = 0; action < 3; action++)
                    {
                        int row = (3 * s) + action;
                        factors.Policy[row] = weights[action] / weights.Sum();
                        for (long k = p.Offsets[row]; k < p.Offsets[row + 1]; k++)
                            a[s, p.Columns[k]] -= gamma * factors.Policy[row] * p.Values[k];
                    }
                }

                Assert.True(factors.Factorise(gamma, null));
                double[] b = [.. Enumerable.Range(0, states).Select(_ => random.NextDouble() - 0.5)];
                foreach (bool transposed in (bool[])[false, true])
                {
                    b.CopyTo(new Span<double>(factors.Vector, states));
                    factors.Solve(transposed);
                    Vector<double> expected = (transposed ? a.Transpose() : a).LU().Solve(Vector<double>.Build.DenseOfArray(b));
                    for (int s = 0; s < states; s++)
                        Assert.True(
                            Math.Abs(expected[s] - factors.Vector[s]) <= 1e-13 / (1 - gamma) * expected.AbsoluteMaximum(),
                            $"{states} states, state {s}, transposed {transposed}");
                }
            }
        }
    }

    /// <summary>
    /// Mass 1 that enters anywhere is 1/(1 − γ) visits in all, to the last digits, where elimination with subtractions keeps six.
    /// </summary>
    [Theory, InlineData(false), InlineData(true)]
    public void NoDigitIsLostToALongHorizon(bool dense)
    {
        const int states = 60;
        double gamma = 1 - 1e-10;
        SparseMatrix p = Rows(states, 2, ends: false, seed: 1);
        using PolicyFactors factors = Create(p, 2, dense);
        new Span<double>(factors.Policy, 2 * states).Fill(0.5);
        Assert.True(factors.Factorise(gamma, null));
        new Span<double>(factors.Vector, states).Clear();
        factors.Vector[17] = 1;
        factors.Solve(transposed: true);
        double sum = 0;
        for (int s = 0; s < states; s++) sum += factors.Vector[s];
        Assert.InRange(sum * (1 - gamma), 1 - 1e-13, 1 + 1e-13);
    }

    /// <summary>
    /// A walk that ends with probability δ a step at one place takes S/δ steps: known to all digits at a discount of one.
    /// </summary>
    [Theory, InlineData(false, 1e-3), InlineData(false, 1e-13), InlineData(true, 1e-3), InlineData(true, 1e-13)]
    public void EpisodesThatHardlyEndHaveTheirLength(bool dense, double delta)
    {
        const int states = 30;
        long[] offsets = new long[states + 1];
        int[] columns = new int[states];
        double[] values = new double[states];
        for (int s = 0; s < states; s++)
            (offsets[s + 1], columns[s], values[s]) = (s + 1, (s + 1) % states, s == states - 1 ? 1 - delta : 1);
        // What is left of one after rounding is what the matrix says.
        double left = 1 - values[^1];
        using PolicyFactors factors = Create(new SparseMatrix(states, offsets, columns, values), 1, dense);
        new Span<double>(factors.Policy, states).Fill(1);
        Assert.True(factors.Factorise(1, null));
        new Span<double>(factors.Vector, states).Fill(1);
        factors.Solve(transposed: false);
        Assert.Equal(1, factors.Vector[0] / (states / left), 1e-12);
    }

    [Theory, InlineData(false), InlineData(true)]
    public void WhatNeverEndsHasNoFactors(bool dense)
    {
        SparseMatrix p = Rows(12, 2, ends: false, seed: 3);
        using PolicyFactors factors = Create(p, 2, dense);
        new Span<double>(factors.Policy, 24).Fill(0.5);
        Assert.False(factors.Factorise(1, null));
    }

    private static PolicyFactors Create(SparseMatrix p, int actions, bool dense) => dense
        ? new DensePolicyFactors(p, actions)
        : new SparsePolicyFactors(p, SymbolicFactorisation.TryCreate(p, actions, FactorisationBudget.ForRescue)!);

    /// <summary>Up to four successors a row; with ends, rows that sum to between 0.9 and 1.</summary>
    private static SparseMatrix Rows(int states, int actions, bool ends, int seed)
    {
        Random random = new(seed);
        List<int> columns = [];
        List<double> values = [];
        List<long> offsets = [0];
        for (int row = 0; row < states * actions; row++)
        {
            int[] successors = [.. Enumerable.Range(0, 4).Select(_ => random.Next(states)).Distinct().Order()];
            // Sixteenths add up without rounding.
            double rest = 1;
            for (int k = 0; k < successors.Length; k++)
            {
                double share = k == successors.Length - 1 ? rest : rest * random.Next(1, 16) / 16;
                values.Add(ends ? share * (0.9 + (0.1 * random.NextDouble())) : share);
                rest -= share;
            }

            columns.AddRange(successors);
            offsets.Add(columns.Count);
        }

        return new SparseMatrix(states, [.. offsets], [.. columns], [.. values]);
    }
}
