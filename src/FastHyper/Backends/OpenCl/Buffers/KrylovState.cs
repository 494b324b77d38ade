namespace FastHyper.Backends.OpenCl.Buffers;

/// <summary>
/// The numbers of BiCGStab on the device, as <c>kernels/solves.cl</c> has them: 9 doubles and 3 ints an instance, and how
/// many instances a solve goes on for; and its vectors.
/// </summary>
internal sealed class KrylovState : IDisposable
{
    private const long BytesOfInstance = (9 * sizeof(double)) + (3 * sizeof(int));
    private const long ProductsOffset = (9 * sizeof(double)) + (2 * sizeof(int));
    private readonly DeviceMemories _memories;
    private readonly int _instances;
    private readonly int[] _products;
    private readonly int[] _remaining = new int[1];

    /// <param name="memories">Of the engine's queue.</param>
    /// <param name="instances">Instances of the engine.</param>
    /// <param name="vectorBytes">Bytes of a vector.</param>
    public KrylovState(DeviceMemories memories, int instances, long vectorBytes)
    {
        _memories = memories;
        _instances = instances;
        _products = new int[instances];
        Numbers = memories.Allocate((BytesOfInstance * instances) + sizeof(int), "the numbers of linear solves");
        Solution = Vector();
        Residual = Vector();
        Shadow = Vector();
        Direction = Vector();
        Image = Vector();
        Step = Vector();

        DeviceMemory Vector() => memories.Allocate(vectorBytes, "vectors of linear solves");
    }

    public DeviceMemory Numbers { get; }

    public DeviceMemory Solution { get; }

    public DeviceMemory Residual { get; }

    public DeviceMemory Shadow { get; }

    public DeviceMemory Direction { get; }

    public DeviceMemory Image { get; }

    public DeviceMemory Step { get; }

    /// <summary>No solve goes on yet, and none took products.</summary>
    public void Begin() => _memories.Queue.Fill(Numbers, 0);

    /// <summary>Whether a solve goes on for any instance; waits.</summary>
    public bool GoesOn()
    {
        _memories.Queue.Read<int>(Numbers, BytesOfInstance * _instances, _remaining);
        return _remaining[0] > 0;
    }

    /// <summary>Adds the products of each instance; waits.</summary>
    public void AddProducts(Span<int> products)
    {
        _memories.Queue.Read<int>(Numbers, ProductsOffset * _instances, _products);
        for (int i = 0; i < _instances; i++) products[i] += _products[i];
    }

    public void Dispose() => _memories.Dispose();
}
