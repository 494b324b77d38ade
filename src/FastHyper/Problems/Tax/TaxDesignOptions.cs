namespace FastHyper.Problems.Tax;

/// <summary>Every constant of <see cref="TaxDesign"/>; the defaults are the published experiment's, on a grid of 401 points.</summary>
[Options]
public sealed partial record TaxDesignOptions
{
    /// <summary>Points of the grid over assets; the return's error falls with their square.</summary>
    [Range(Min = 2, Max = 10_000)]
    public int Points { get; init => field = InRange.Of<TaxDesignOptions>(value); } = 401;

    /// <summary>Assets are kept in [−limit, limit].</summary>
    [Range(Min = 0, ExclusiveMin = true)]
    public double AssetLimit { get; init => field = InRange.Of<TaxDesignOptions>(value); } = 100;

    /// <summary>Standard deviation of the assets that episodes start with; √2 by default.</summary>
    [Range(Min = 0, ExclusiveMin = true)]
    public double StartDeviation { get; init => field = InRange.Of<TaxDesignOptions>(value); } = 1.4142135623730951;

    /// <summary>Standard deviation of what assets change by chance in a step.</summary>
    [Range(Min = 0, ExclusiveMin = true)]
    public double Noise { get; init => field = InRange.Of<TaxDesignOptions>(value); } = 5;

    /// <summary>Standard deviations of the noise that are kept to each side; 7 leave out 10⁻¹².</summary>
    [Range(Min = 1)]
    public double NoiseReach { get; init => field = InRange.Of<TaxDesignOptions>(value); } = 7;

    /// <summary>Hours that can be worked: 0, 1, … times <see cref="HourStep"/>, as many as this.</summary>
    [Range(Min = 1, Max = 100)]
    public int HourLevels { get; init => field = InRange.Of<TaxDesignOptions>(value); } = 10;

    /// <summary>Hours between two levels.</summary>
    [Range(Min = 0)]
    public double HourStep { get; init => field = InRange.Of<TaxDesignOptions>(value); } = 0.89;

    /// <summary>What can be spent on a good: 0, 1, … times <see cref="SpendingStep"/>, as many as this.</summary>
    [Range(Min = 1, Max = 100)]
    public int SpendingLevels { get; init => field = InRange.Of<TaxDesignOptions>(value); } = 5;

    /// <summary>Spending between two levels.</summary>
    [Range(Min = 0)]
    public double SpendingStep { get; init => field = InRange.Of<TaxDesignOptions>(value); } = 1.25;

    /// <summary>Price of each good without tax.</summary>
    [Range(Min = 0, ExclusiveMin = true)]
    public double[] Prices { get; init; } = [1, 1, 1];

    /// <summary>Preferences of each type of follower, (types, goods): the types are contexts, equally likely.</summary>
    [Range(Min = 0)]
    public double[][] Preferences { get; init; } = [[0.6, 0.3, 0.1], [0.1, 0.7, 0.2]];

    /// <summary>Wage of an hour before tax.</summary>
    [Range(Min = 0)]
    public double Wage { get; init => field = InRange.Of<TaxDesignOptions>(value); } = 1;

    /// <summary>Follower's cost of a squared hour.</summary>
    [Range(Min = 0)]
    public double Effort { get; init => field = InRange.Of<TaxDesignOptions>(value); } = 0.1;

    /// <summary>The follower has scale · log(a/unit + 1) of assets a above 0, and a of debts.</summary>
    [Range(Min = 0)]
    public double AssetScale { get; init => field = InRange.Of<TaxDesignOptions>(value); } = 1;

    /// <summary>The unit of assets in that logarithm.</summary>
    [Range(Min = 0, ExclusiveMin = true)]
    public double AssetUnit { get; init => field = InRange.Of<TaxDesignOptions>(value); } = 20;

    /// <summary>The same scale in the leader's reward: 0 for one whom debts hurt and assets leave cold.</summary>
    [Range(Min = 0)]
    public double LeaderAssetScale { get; init => field = InRange.Of<TaxDesignOptions>(value); }

    /// <summary>What the leader has of the mean over goods of what is bought of them.</summary>
    [Range]
    public double ConsumptionReward { get; init => field = InRange.Of<TaxDesignOptions>(value); } = 3;

    /// <summary>What the leader has of log(1 + revenue).</summary>
    [Range]
    public double RevenueReward { get; init => field = InRange.Of<TaxDesignOptions>(value); } = 5;

    /// <summary>Rates are this times a sigmoid.</summary>
    [Range(Min = 0, ExclusiveMin = true)]
    public double LargestRate { get; init => field = InRange.Of<TaxDesignOptions>(value); } = 2;

    /// <summary>Rates that leaders start from: income tax, and that on each good.</summary>
    [Range(Min = 0, ExclusiveMin = true)]
    public double[] StartRates { get; init; } = [0.3, 0.3, 0.3, 0.3];

    /// <summary>Follower's discount γ.</summary>
    [Range(Min = 0, Max = 1, ExclusiveMax = true)]
    public double Gamma { get; init => field = InRange.Of<TaxDesignOptions>(value); } = 0.9;

    /// <summary>Leader's discount γ_L.</summary>
    [Range(Min = 0, Max = 1, ExclusiveMax = true)]
    public double GammaLeader { get; init => field = InRange.Of<TaxDesignOptions>(value); } = 0.9;

    /// <summary>Entropy temperature τ.</summary>
    [Range(Min = 0, ExclusiveMin = true)]
    public double Temperature { get; init => field = InRange.Of<TaxDesignOptions>(value); } = 0.1;
}
