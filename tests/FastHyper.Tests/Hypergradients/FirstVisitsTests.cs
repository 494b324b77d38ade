using FastHyper.Backends;
using FastHyper.Hypergradients.Estimators;

namespace FastHyper.Tests.Hypergradients;

public class FirstVisitsTests
{
    /// <summary>Two streams of four steps of the second of two instances, two states and one action, by hand.</summary>
    [Fact]
    public void WhatFollowsIsTracedFromFirstVisitsInTheFirstHalf()
    {
        // Stream 0 visits 0, 0 | 1, 0; stream 1 visits 1, 0 | 0, 1, and its second episode begins with its last step.
        int[][] visits = [[0, 0, 1, 0], [1, 0, 0, 1]];
        int[] state = new int[16], time = new int[16];
        for (int w = 0; w < 2; w++)
        {
            for (int t = 0; t < 4; t++)
            {
                int at = (t * 4) + 2 + w;
                (state[at], time[at]) = (visits[w][t], w == 1 && t == 3 ? 0 : t);
            }
        }

        RolloutRecord record = new(state, new int[16], new int[16], new double[16], new double[16], time, new StepEnd[16]);
        double[] target = new double[2];
        new FirstVisits(new RolloutShape(2, 4, 4), 2).Trace(record, 1, 2, 1, 0.5, [8, 3], target);

        // State 0 is first visited by both streams, u = 8/2; state 1 by stream 1 alone, u = 3: the trace is
        // 4, 2, 1, 0.5 along stream 0, and 3, 4 + 1.5, 2.75, then 0 along stream 1.
        Assert.Equal([4 + 2 + 0.5 + 5.5 + 2.75, 1 + 3], target);
    }
}
