namespace FastHyper.Experiments.Reproductions;

/// <summary>Leads of followers that are linear in features, beside those of followers of any values.</summary>
internal static class LinearTables
{
    /// <summary>
    /// A warehouse priced by the exact gradient through a robot of any values, or through one that is linear in a few hundred features;
    /// all prices are judged by a robot of any values.
    /// </summary>
    public static Experiment Warehouse(bool quick, string? only)
    {
        int side = quick ? 60 : 316, iterations = quick ? 20 : 100;
        string[] run =
        [
            $"warehouse.rows={side}", $"warehouse.columns={side}", "warehouse.start=aisles", $"iterations={iterations}",
            $"record_every={iterations / 5}", "estimator.linear_tolerance=0.0001",
        ];
        string[] linear = [.. run, "follower.kind=linear", "follower.tolerance=1e-06"];
        Cell[] cells =
        [
            new("robot of any values", "J", null, "warehouse", run),
            new(
                "512 boxes of states", "J", null, "warehouse",
                [.. linear, "follower.features.kind=aggregated", "follower.features.aggregated.boxes=8", "follower.features.ridge=0.0001"]),
            new(
                "576 tiles", "J", null, "warehouse",
                [.. linear, "follower.features.kind=tile-coding", "follower.features.tile_coding.tilings=2",
                    "follower.features.tile_coding.tiles=5", "follower.features.ridge=0.01"]),
            new(
                "512 boxes, from 100 000 samples", "J", null, "warehouse",
                [.. linear, "follower.features.kind=aggregated", "follower.features.aggregated.boxes=8", "follower.features.ridge=0.0001",
                    "follower.support=samples", "follower.samples.count=100000"]),
        ];
        return new Experiment(
            "linear-warehouse", $"A {side} × {side} warehouse, priced by features of the robot's values{(quick ? " (quick)" : "")}",
            only is null or "exact" ? cells : [])
        { DrawsIncentives = true };
    }
}
