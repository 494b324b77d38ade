using FastHyper.Backends;

namespace FastHyper.Tests.Backends;

/// <summary>
/// What every backend owes: each verb against dense float64 references. A backend is tested by a subclass that
/// creates it.
/// </summary>
public abstract partial class BackendContract : IDisposable
{
    private Backend? _backend;

    /// <summary>Precision, layout, own transitions, leaders, instances of each.</summary>
    public static TheoryData<Precision, EngineLayout, bool, int, int> Engines
    {
        get
        {
            TheoryData<Precision, EngineLayout, bool, int, int> data = [];
            foreach (Precision precision in Enum.GetValues<Precision>())
            {
                data.Add(precision, EngineLayout.States, false, 1, 1);
                data.Add(precision, EngineLayout.States, true, 1, 1);
                data.Add(precision, EngineLayout.Instances, true, 1, 1);
                data.Add(precision, EngineLayout.Instances, false, 3, 1);
                data.Add(precision, EngineLayout.Instances, true, 3, 3);
            }

            return data;
        }
    }

    private protected Backend Tested => _backend ??= Create();

    protected abstract Backend Create();

    /// <summary>Whether tests have a backend each; else one is shared by all of a class.</summary>
    protected virtual bool OwnsBackend => true;

    public void Dispose()
    {
        if (OwnsBackend) _backend?.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>An engine over random instances: 37 states do not fill lanes, and span slices.</summary>
    private protected Device NewDevice(
        Precision precision, EngineLayout layout, bool own = false, int leaders = 1, int perLeader = 1, int states = 37, int actions = 3,
        int seed = 1, double discount = 0.8, int leaderActions = 0)
    {
        RandomInstances data = new(seed, states, actions, leaders * perLeader, discount);
        return new Device(Tested, data, new EngineOptions(leaders, perLeader, own, precision, layout, leaderActions));
    }

    /// <summary>Sweeps until what is left is rounding.</summary>
    private protected static SweepLimits ToConvergence(Device device) => new(500, 0, device.Narrow ? 1e-7 : 1e-15);

    private protected static SweepStatus Fresh(Device device)
    {
        SweepStatus status = new(device.Engine.Instances);
        status.Begin();
        return status;
    }
}
