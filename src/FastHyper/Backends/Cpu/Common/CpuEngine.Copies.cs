using System.Numerics;

namespace FastHyper.Backends.Cpu.Common;

/// <summary>Numbers to and from the host.</summary>
internal abstract unsafe partial class CpuEngine<T>
{
    public override void Upload(DeviceArray target, int instance, ReadOnlySpan<double> values)
    {
        ArgumentNullException.ThrowIfNull(target);
        RequireMember(target, instance, values.Length);
        fixed (double* host = values) Copy(target, instance, host, toHost: false);
        if (target is CpuArray<T> array) array.Version++;
        if (ReferenceEquals(target, _probabilities)) OnProbabilitiesChanged(values);
    }

    public override void Download(DeviceArray source, int instance, Span<double> values)
    {
        ArgumentNullException.ThrowIfNull(source);
        RequireMember(source, instance, values.Length);
        fixed (double* host = values) Copy(source, instance, host, toHost: true);
    }

    public override void Fill(DeviceArray target, double value)
    {
        RequireOwn(target);
        if (target is CpuArray<T> array)
        {
            array.Version++;
            Fill(array, T.CreateTruncating(value));
            if (!ReferenceEquals(array, _probabilities)) return;
            double[] values = new double[array.Length];
            Array.Fill(values, value);
            OnProbabilitiesChanged(values);
        }
        else
        {
            Fill((CpuArray<double>)target, value);
        }
    }

    private void Copy(DeviceArray device, int instance, double* host, bool toHost)
    {
        switch (device.Kind)
        {
            case ArrayKind.Parameter:
                RunPieces(
                    new CopyKernel<double>
                    {
                        Device = Parameters(device) + ((long)instance * device.Length),
                        Host = host,
                        Step = 1,
                        Members = 1,
                        ToHost = toHost,
                    },
                    1, device.Length);
                break;
            case ArrayKind.Step:
                int streams = device.Shape!.Streams;
                RunPieces(
                    new CopyKernel<double>
                    {
                        Device = Steps(device) + ((long)instance * streams),
                        Host = host,
                        Step = (long)Instances * streams,
                        Members = streams,
                        MemberStep = 1,
                        ToHost = toHost,
                    },
                    1,
                    device.Shape.Steps);
                break;
            case ArrayKind.WideState:
                RunPieces(
                    new CopyKernel<double>
                    {
                        Device = Wide(device) + instance,
                        Host = host,
                        Step = Layout.Stride,
                        Members = 1,
                        Positions = Layout.Positions,
                        ToHost = toHost,
                    },
                    1, device.Length);
                break;
            case ArrayKind.StateAction:
                RunPieces(
                    new CopyKernel<T>
                    {
                        Device = RowArray(device) + instance,
                        Host = host,
                        Step = Layout.RowState,
                        Members = Actions,
                        MemberStep = Layout.RowAction,
                        Positions = Layout.Positions,
                        ToHost = toHost,
                    },
                    1, States);
                break;
            case ArrayKind.LeaderAction:
                RunPieces(
                    new CopyKernel<T>
                    {
                        Device = LeaderArray(device) + instance,
                        Host = host,
                        Step = Layout.StateStep(LeaderActions),
                        Members = LeaderActions,
                        MemberStep = Layout.RowAction,
                        Positions = Layout.Positions,
                        ToHost = toHost,
                    },
                    1, States);
                break;
            default:
                int[]? positions = device.Kind == ArrayKind.State ? Layout.Positions : null;
                RunPieces(
                    new CopyKernel<T>
                    {
                        Device = Own<T>(device, device.Kind).Pointer + instance,
                        Host = host,
                        Step = Layout.Stride,
                        Members = 1,
                        Positions = positions,
                        ToHost = toHost,
                    },
                    1, device.Length);
                break;
        }
    }

    private void Fill<TNumber>(CpuArray<TNumber> array, TNumber value)
        where TNumber : unmanaged, INumberBase<TNumber>
    {
        // Where lanes are states, those beyond the last one stay zero: sweeps take the largest change over all lanes.
        bool ofStates = array.Kind is not (ArrayKind.Entry or ArrayKind.Parameter or ArrayKind.Step);
        bool overStates = Layout.Stride == 1 && ofStates && !TNumber.IsZero(value);
        long run = overStates ? Layout.StateCapacity : array.Capacity;
        if (run > 0)
            RunPieces(
                new FillKernel<TNumber> { Array = array.Pointer, Run = run, Value = value }, (int)(array.Capacity / run),
                overStates ? States : run);
    }

    /// <summary>
    /// Items of the host, <see cref="Members"/> numbers each, against a device array where items lie
    /// <see cref="Step"/> apart, at their positions if they have any, and an item's members <see cref="MemberStep"/>.
    /// </summary>
    private struct CopyKernel<TNumber> : IPieceKernel
        where TNumber : unmanaged, INumberBase<TNumber>
    {
        public TNumber* Device;
        public double* Host;
        public long Step;
        public int Members;
        public long MemberStep;
        public int[]? Positions;
        public bool ToHost;

        public readonly void Run(int vector, long from, int count, int worker)
        {
            double* host = Host + (from * Members);
            for (long i = from; i < from + count; i++)
            {
                TNumber* device = Device + ((Positions is null ? i : Positions[i]) * Step);
                for (int m = 0; m < Members; m++, host++)
                {
                    if (ToHost) *host = double.CreateTruncating(device[m * MemberStep]);
                    else device[m * MemberStep] = TNumber.CreateTruncating(*host);
                }
            }
        }
    }

    private struct FillKernel<TNumber> : IPieceKernel
        where TNumber : unmanaged
    {
        public TNumber* Array;
        public long Run;
        public TNumber Value;

        readonly void IPieceKernel.Run(int vector, long from, int count, int worker) =>
            new Span<TNumber>(Array + (vector * Run) + from, count).Fill(Value);
    }

    /// <inheritdoc/>
    public void ReadRows(DeviceArray source, int first, int count, double[][] targets)
    {
        RowReadKernel kernel = new()
        {
            Rows = RowArray(source) + first,
            Layout = Layout,
            States = States,
            Actions = Actions,
            Count = count,
            Targets = targets,
        };
        Team.Run(ref kernel, (States + RowReadKernel.StatesInBlock - 1) / RowReadKernel.StatesInBlock);
    }

    private struct RowReadKernel : IBlockKernel
    {
        public const int StatesInBlock = 512;
        public T* Rows;
        public CpuLayout Layout;
        public int States;
        public int Actions;
        public int Count;
        public double[][] Targets;

        public readonly void Run(int block, int worker)
        {
            int end = Math.Min(States, (block + 1) * StatesInBlock);
            for (int s = block * StatesInBlock; s < end; s++)
            {
                for (int a = 0; a < Actions; a++)
                {
                    T* from = Rows + Layout.Row(s, a);
                    for (int i = 0; i < Count; i++) Targets[i][(s * Actions) + a] = double.CreateTruncating(from[i]);
                }
            }
        }
    }
}
