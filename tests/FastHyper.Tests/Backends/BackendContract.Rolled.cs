using FastHyper.Backends;

namespace FastHyper.Tests.Backends;

public abstract partial class BackendContract
{
    /// <summary>A device with a random policy rolled out: by default three streams of 40 steps, episodes cut after 9.</summary>
    private sealed class Rolled : IDisposable
    {
        public Rolled(Device device, int leaders, double[][]? policies = null, RolloutShape? shape = null)
        {
            Device = device;
            RandomInstances data = device.Data;
            Policy = device.Put(ArrayKind.StateAction, policies ?? data.Policies());
            Q = device.Put(ArrayKind.StateAction, data.Numbers(data.States * data.Actions, data.Instances));
            Initial = device.Put(ArrayKind.State, data.Initial);
            Before = data.Numbers(data.States * data.Actions, data.Instances);
            Policies = device.Get(Policy);
            Values = device.Get(Q);
            Buffer = device.Keep(device.Engine.AllocateRollouts(shape ?? new RolloutShape(3, 40, 9)));
            ulong[] seeds = [.. Enumerable.Range(1, leaders).Select(seed => (ulong)seed)];
            device.Engine.Rollout(Buffer, Policy, Initial, device.Put(ArrayKind.StateAction, data.Rewards),
                device.Put(ArrayKind.StateAction, data.LeaderRewards), seeds, 4);
        }

        public delegate void Adder(int index, double value);

        public Device Device { get; }

        public Engine Engine => Device.Engine;

        public DeviceArray Policy { get; }

        public DeviceArray Q { get; }

        public DeviceArray Initial { get; }

        public RolloutBuffer Buffer { get; }

        public double[][] Policies { get; }

        public double[][] Values { get; }

        public double[][] Before { get; }

        public DeviceArray Put(ArrayKind kind, double[][] values) => Device.Put(kind, values);

        public double Temperature(int instance) => Device.Data.Temperatures[instance];

        public double Probability(int instance, int entry) =>
            Engine.Options.OwnTransitions ? Device.Data.Own[instance][entry] : Device.Data.Transitions.Matrix.Values[entry];

        public DeviceArray Steps() => Device.Keep(Engine.AllocateSteps(Buffer.Shape));

        /// <summary>An array of steps with random numbers, and these in host order.</summary>
        public (DeviceArray Array, double[][] Numbers) RandomSteps()
        {
            DeviceArray steps = Steps();
            double[][] numbers = Device.Data.Numbers(steps.Length, Device.Data.Instances);
            for (int i = 0; i < numbers.Length; i++) Engine.Upload(steps, i, numbers[i]);
            return (steps, numbers);
        }

        /// <summary>The steps of an instance in host order, (steps, streams); episodes come with them.</summary>
        public Sample[] InHostOrder(int instance)
        {
            Sample[] all = [.. Episodes(instance).SelectMany(e => e)];
            (int streams, int steps) = (Buffer.Shape.Streams, Buffer.Shape.Steps);
            return [.. Enumerable.Range(0, all.Length).Select(k => all[(k % streams * steps) + (k / streams)])];
        }

        /// <summary>Indices of an instance's steps in host order, in the order of streams and time.</summary>
        public IEnumerable<int> InOrder() =>
            Enumerable.Range(0, Buffer.Shape.Streams).SelectMany(w => Enumerable.Range(0, Buffer.Shape.Steps).Select(t =>
                (t * Buffer.Shape.Streams) + w));

        /// <summary>Expects numbers of steps, f(step, index in host order).</summary>
        public void ExpectSteps(DeviceArray array, Func<int, Sample, int, double> f) =>
            Device.Expect(array, i => [.. InHostOrder(i).Select((step, k) => f(i, step, k))]);

        /// <summary>factor γ_L^t over the number of episodes.</summary>
        public DeviceArray Powers(double factor = 1)
        {
            DeviceArray powers = Steps();
            Engine.Scale(Buffer, null, powers, factor, SampleLeaderDiscount, perEpisode: true);
            return powers;
        }

        /// <summary>e_j = u_j + γ e_{j−1}, u_k = γ_L^t A(s_k,a_k)/τ, averaged as asked for.</summary>
        public DeviceArray Traces(VisitAveraging averaging)
        {
            DeviceArray e = Steps();
            Engine.Advantages(Buffer, Policy, Q, e);
            if (averaging == VisitAveraging.AllCentredByState)
            {
                Engine.Gather(Buffer, Q, StepPlace.Pair, StepOperation.Write, e);
                Engine.AverageVisits(Buffer, e, VisitMean.StepLessState, e);
            }

            Engine.Scale(Buffer, e, e, discount: SampleLeaderDiscount, perTemperature: true);
            VisitMean mean = averaging == VisitAveraging.Pairs ? VisitMean.Pair : VisitMean.PairLessState;
            if (averaging != VisitAveraging.None) Engine.AverageVisits(Buffer, e, mean, e);
            Engine.Scan(Buffer, e, new Recursion(SampleDiscount), e);
            return e;
        }

        /// <summary>λ-returns of l, with the table's values.</summary>
        public DeviceArray Returns(double decay, bool greedy = false)
        {
            DeviceArray values = Steps(), g = Steps();
            Engine.GatherValues(Buffer, Policy, Q, decay == 1 ? StepPlace.Cut : StepPlace.Next, StepOperation.Write, values, greedy);
            Engine.Scan(Buffer, Buffer.LeaderReward, new Recursion(SampleLeaderDiscount) { Decay = decay, Backwards = true }, g,
                values: values);
            return g;
        }

        /// <summary>target(place) += factor · weights over the number of episodes.</summary>
        public void Add(DeviceArray weights, StepPlace place, DeviceArray target, double factor = 1) =>
            Engine.Scatter(Buffer, weights, place, target, factor, perEpisode: true);

        /// <summary>Weights D A/τ of pairs, divided among their visits and centred by state, traced forward.</summary>
        public DeviceArray TransferredTraces(DeviceArray visits)
        {
            DeviceArray e = Steps();
            Engine.Advantages(Buffer, Policy, Q, e);
            Engine.Gather(Buffer, visits, StepPlace.Pair, StepOperation.Multiply, e);
            Engine.Scale(Buffer, e, e, perTemperature: true);
            Engine.AverageVisits(Buffer, e, VisitMean.ShareLessState, e);
            Engine.Scan(Buffer, e, new Recursion(SampleDiscount), e);
            return e;
        }

        /// <summary>Traces and visits with the last action of each product in expectation over another policy than the samples'.</summary>
        public void AddExpectations(DeviceArray policy, double clip, double scale, DeviceArray rows, DeviceArray visits)
        {
            DeviceArray ratios = Steps(), weights = Steps(), u = Steps(), before = Steps();
            Recursion carried = new(SampleDiscount) { MaxRatio = clip, Exclusive = true };
            Engine.Gather(Buffer, policy, StepPlace.Pair, StepOperation.Write, ratios);
            Engine.Gather(Buffer, Policy, StepPlace.Pair, StepOperation.Divide, ratios);
            Engine.Scan(Buffer, null, carried with { Discount = 1, Initial = 1 }, weights, ratios);
            Engine.Scale(Buffer, weights, weights, discount: SampleLeaderDiscount);
            Engine.Advantages(Buffer, policy, Q, u);
            Engine.Gather(Buffer, weights, StepPlace.Step, StepOperation.Multiply, u);
            Engine.Scale(Buffer, u, u, perTemperature: true);
            Engine.Scan(Buffer, u, carried, before, ratios);
            Engine.ScatterActions(Buffer, policy, before, rows, scale, perEpisode: true, slopes: weights, q: Q);
            Engine.ScatterActions(Buffer, policy, weights, visits, scale, perEpisode: true);
        }

        /// <summary>Solves for the table that agrees with the samples, and expects a proof.</summary>
        public void Solve(DeviceArray table, TemporalDifference target, double tolerance)
        {
            SampledSolve[] found = new SampledSolve[Device.Data.Instances];
            Engine.SolveActionValues(Buffer, Policy, table, target, tolerance, 1000, found);
            Assert.All(found, solve => Assert.True(solve.IsProven && solve.Relative <= tolerance, $"{solve}"));
        }

        public List<Sample[]> Episodes(int instance) => Samples.Episodes(Buffer, Device.Data.Transitions, instance);

        /// <summary>Expects <paramref name="before"/> plus the mean over episodes of what <paramref name="sum"/> adds.</summary>
        public void ExpectAdded(DeviceArray target, Action<int, List<Sample[]>, Adder> sum, double[][]? before = null) =>
            Device.Expect(target, i =>
            {
                double[] expected = [.. (before ?? Before)[i]];
                List<Sample[]> episodes = Episodes(i);
                sum(i, episodes, (index, value) => expected[index] += value / episodes.Count);
                return expected;
            });

        public void Dispose() => Device.Dispose();
    }
}
