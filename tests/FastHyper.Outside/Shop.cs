using FastHyper.Backends;
using FastHyper.Problems;

namespace FastHyper.Outside;

/// <summary>What can be set of a <see cref="Shop"/>.</summary>
[Options]
public sealed partial record ShopOptions
{
    /// <summary>What a customer has of a visit.</summary>
    [Range(Min = 0)]
    public double Value { get; init => field = InRange.Of<ShopOptions>(value); } = 1;

    /// <summary>Shelves that customers walk along.</summary>
    [Range(Min = 2, Max = 100)]
    public int Shelves { get; init => field = InRange.Of<ShopOptions>(value); } = 4;
}

/// <summary>A problem of a user: customers walk along shelves, buy (1) or go on (0), and the leader sets a price for each shelf.</summary>
public sealed class Shop(ShopOptions options) : CustomProblem(
    "my-shop",
    Transitions.FromRows(options.Shelves, 2, 1, (shelf, action, columns, values) =>
    {
        columns[0] = action == 1 ? 0 : (shelf + 1) % options.Shelves;
        values[0] = 0.9;
        return 1;
    }),
    [.. Enumerable.Repeat(1.0 / options.Shelves, options.Shelves)],
    new double[options.Shelves],
    discount: 0.9,
    leaderDiscount: 0.9,
    temperature: 0.5)
{
    /// <inheritdoc/>
    public override void Configure(ReadOnlySpan<double> x, int context, MdpSpans mdp)
    {
        for (int shelf = 0; shelf < options.Shelves; shelf++)
        {
            (mdp.Reward[2 * shelf], mdp.LeaderReward[2 * shelf]) = (0, 0);
            mdp.Reward[(2 * shelf) + 1] = (options.Value * (shelf + 1)) - x[shelf];
            mdp.LeaderReward[(2 * shelf) + 1] = x[shelf] - (0.1 * x[shelf] * x[shelf]);
        }
    }

    /// <inheritdoc/>
    public override void Pullback(ReadOnlySpan<double> x, int context, CotangentSpans cotangents, Span<double> gradient)
    {
        for (int shelf = 0; shelf < options.Shelves; shelf++)
            gradient[shelf] += (cotangents.LeaderReward[(2 * shelf) + 1] * (1 - (0.2 * x[shelf]))) - cotangents.Reward[(2 * shelf) + 1];
    }
}
