namespace FastHyper.Backends.Cpu.Common;

/// <summary>
/// One instance's numbers to and from an engine of that instance alone, which may be laid out otherwise. The work is done by
/// the team of the engine of one, as this engine's may be busy with other instances.
/// </summary>
internal abstract unsafe partial class CpuEngine<T>
{
    /// <summary>Copies an instance's numbers to an array of the engine of one instance.</summary>
    protected void Give(DeviceArray from, int instance, CpuEngine<T> one, DeviceArray to)
    {
        Transfer(from, instance, one, to, back: false);
        ((CpuArray<T>)to).Version++;
    }

    /// <summary>Copies what the engine of one instance has found back.</summary>
    protected void Take(DeviceArray to, int instance, CpuEngine<T> one, DeviceArray from)
    {
        Transfer(to, instance, one, from, back: true);
        ((CpuArray<T>)to).Version++;
    }

    /// <summary>Gives the engine of one instance that instance's temperature, leader policy and probabilities.</summary>
    /// <param name="instance">Which.</param>
    /// <param name="one">Its engine.</param>
    /// <param name="entries">Room for probabilities; none where they are shared.</param>
    protected void GiveModel(int instance, CpuEngine<T> one, Span<double> entries)
    {
        *one.Temperatures = Temperatures[instance];
        *one.InverseTemperatures = InverseTemperatures[instance];
        if (_leaderPolicy is not null) Give(_leaderPolicy, instance, one, one._leaderPolicy!);
        if (_probabilities is null) return;
        fixed (double* host = entries)
            one.RunPieces(
                new CopyKernel<T> { Device = OwnProbabilities + instance, Host = host, Step = Layout.Stride, Members = 1, ToHost = true },
                1, entries.Length);
        one.Upload(one._probabilities!, 0, entries);
    }

    private void Transfer(DeviceArray many, int instance, CpuEngine<T> one, DeviceArray single, bool back)
    {
        (long step, int members, long memberStep) = Steps(many.Kind);
        (long oneStep, _, long oneMemberStep) = one.Steps(many.Kind);
        TransferKernel kernel = new()
        {
            Many = Own<T>(many, many.Kind).Pointer + instance,
            Step = step,
            MemberStep = memberStep,
            One = one.Own<T>(single, many.Kind).Pointer,
            OneStep = oneStep,
            OneMemberStep = oneMemberStep,
            Positions = one.Layout.Positions,
            Members = members,
            Back = back,
        };
        one.RunPieces(kernel, 1, States, TransferKernel.StatesInPiece);
    }

    /// <summary>Distance between states, numbers of each, and the distance between these.</summary>
    private (long Step, int Members, long MemberStep) Steps(ArrayKind kind) => kind switch
    {
        ArrayKind.State => (Layout.StateStep(1), 1, 0),
        ArrayKind.LeaderAction => (Layout.StateStep(LeaderActions), LeaderActions, Layout.RowAction),
        _ => (Layout.RowState, Actions, Layout.RowAction),
    };

    /// <summary>Numbers of a state, for an engine that keeps states in their own order and one that may not.</summary>
    private struct TransferKernel : IPieceKernel
    {
        public const int StatesInPiece = 2048;
        public T* Many;
        public long Step;
        public long MemberStep;
        public T* One;
        public long OneStep;
        public long OneMemberStep;
        public int[]? Positions;
        public int Members;
        public bool Back;

        public readonly void Run(int vector, long from, int count, int worker)
        {
            for (long s = from; s < from + count; s++)
            {
                T* many = Many + (s * Step);
                T* one = One + ((Positions is null ? s : Positions[s]) * OneStep);
                for (int m = 0; m < Members; m++)
                {
                    if (Back) many[m * MemberStep] = one[m * OneMemberStep];
                    else one[m * OneMemberStep] = many[m * MemberStep];
                }
            }
        }
    }
}
