using FastHyper.Backends.OpenCl.Buffers;

namespace FastHyper.Backends.OpenCl.Engines;

/// <summary>Numbers to and from the host: by way of a staging array in host order, 32 MiB at a time.</summary>
internal sealed partial class OpenClEngine
{
    private const int StagedNumbers = 1 << 22;
    private DeviceMemory? _staging;

    public override void Upload(DeviceArray target, int instance, ReadOnlySpan<double> values)
    {
        OpenClArray array = Check(target, instance, values.Length);
        array.Version++;
        if (IsInHostOrder(array))
        {
            Queue.Write(array.Memory, 0, values);
            return;
        }

        for (int from = 0; from < values.Length; from += StagedNumbers)
        {
            ReadOnlySpan<double> part = values.Slice(from, Math.Min(StagedNumbers, values.Length - from));
            DeviceMemory staging = Staging(values.Length);
            Queue.Write(staging, 0, part);
            Queue.Run(Move("put", staging, from, part.Length, array, instance), part.Length);
        }
    }

    public override void Download(DeviceArray source, int instance, Span<double> values)
    {
        OpenClArray array = Check(source, instance, values.Length);
        if (IsInHostOrder(array))
        {
            Queue.Read(array.Memory, 0, values);
            return;
        }

        for (int from = 0; from < values.Length; from += StagedNumbers)
        {
            Span<double> part = values.Slice(from, Math.Min(StagedNumbers, values.Length - from));
            DeviceMemory staging = Staging(values.Length);
            Queue.Run(Move("get", staging, from, part.Length, array, instance), part.Length);
            Queue.Read(staging, 0, part);
        }
    }

    public override void Fill(DeviceArray target, double value)
    {
        RequireOwn(target);
        OpenClArray array = (OpenClArray)target;
        array.Version++;
        if (IsWide(array)) Queue.Fill(array.Memory, value);
        else Queue.Fill(array.Memory, (float)value);
    }

    /// <summary>Probabilities of each instance, to begin with those that all share.</summary>
    private OpenClArray SharedProbabilities()
    {
        OpenClArray own = (OpenClArray)Allocate(ArrayKind.Entry);
        for (int instance = 0; instance < Instances; instance++) Upload(own, instance, Transitions.Matrix.Values);
        return own;
    }

    private bool IsWide(OpenClArray array) => !Narrow || array.Kind is ArrayKind.WideState or ArrayKind.Parameter or ArrayKind.Step;

    private int StrideOf(OpenClArray array) => array.Kind == ArrayKind.Parameter ? Leaders : Instances;

    /// <summary>Actions of each state in an array of such; 0 in others.</summary>
    private int ActionsOf(ArrayKind kind) => kind switch
    {
        ArrayKind.StateAction => Actions,
        ArrayKind.LeaderAction => LeaderActions,
        _ => 0,
    };

    private bool IsInHostOrder(OpenClArray array) =>
        IsWide(array) && StrideOf(array) == 1 && (States == 1 || ActionsOf(array.Kind) <= 1);

    /// <summary>A kernel that puts or gets numbers of one instance or leader.</summary>
    private OpenClKernel Move(string verb, DeviceMemory staging, int from, int count, OpenClArray array, int member)
    {
        bool ofSteps = array.Shape is not null;
        OpenClKernel kernel = Kernel(ofSteps ? "steps" : "elementwise", verb + (ofSteps ? "_steps" : IsWide(array) ? "_wide" : ""));
        kernel.With(staging).With((ulong)from).With((ulong)count);
        if (array.Shape is RolloutShape shape) kernel.With(shape.Streams).With(Instances);
        else kernel.With(States).With(ActionsOf(array.Kind)).With(StrideOf(array));
        return kernel.With(member).With(array.Memory);
    }

    private DeviceMemory Staging(int numbers) => Scratch(ref _staging, 8L * Math.Min(numbers, StagedNumbers), "copies");

    private OpenClArray Check(DeviceArray array, int instance, int length)
    {
        RequireMember(array, instance, length);
        return (OpenClArray)array;
    }
}
