using FastHyper.Backends.OpenCl.Binding;
using FastHyper.Backends.OpenCl.Devices;
using FastHyper.Backends.OpenCl.Programs;
using FastHyper.Tests.Experiments;

namespace FastHyper.Tests.Backends.OpenCl;

[Collection(nameof(OnOpenCl))]
public class ProgramTests
{
    private const string Source = "__kernel void one(__global int* x) { x[get_global_id(0)] = 1; }";

    [Fact]
    public void ASecondProcessTakesTheBinaryFromTheCache()
    {
        using ScratchFolder folder = new();
        Assert.Equal(1, Built(folder["cache"], Source, ""));
        Assert.Single(Directory.GetFiles(folder["cache"]));
        Assert.Equal(0, Built(folder["cache"], Source, ""));
        Assert.Equal(1, Built(folder["cache"], Source, "-DX=1"));
        Assert.Equal(1, Built(folder["cache"], Source + " ", ""));
    }

    [Theory, InlineData(0), InlineData(10), InlineData(100), InlineData(-1)]
    public void ACorruptBinaryIsBuiltAnew(int length)
    {
        using ScratchFolder folder = new();
        Built(folder["cache"], Source, "");
        string file = Directory.GetFiles(folder["cache"]).Single();
        byte[] bytes = File.ReadAllBytes(file);
        if (length >= 0) bytes = bytes[..length];
        else bytes[^1] ^= 1;
        File.WriteAllBytes(file, bytes);
        Assert.Equal(1, Built(folder["cache"], Source, ""));
        Assert.Equal(0, Built(folder["cache"], Source, ""));
    }

    [Fact]
    public void ACacheThatCannotBeWrittenIsDoneWithout()
    {
        using ScratchFolder folder = new();
        string file = folder["file"];
        File.WriteAllText(file, "");
        Assert.Equal(1, Built(Path.Combine(file, "below"), Source, ""));
    }

    [Fact]
    public void ABuildFailureShowsTheLog()
    {
        OpenClDevice device = OpenClRequired.Device();
        using ContextHandle context = CL.CreateContext(device.Id);
        using ProgramLibrary library = new(context, device, new BinaryCache(null));
        string message = Assert.Throws<OpenClException>(() => library.Load("wrong", "__kernel void wrong() { missing(1); }", "")).Message;
        Assert.Contains("kernels/wrong.cl does not build on", message, StringComparison.Ordinal);
        Assert.Contains("missing", message, StringComparison.Ordinal);
    }

    [Fact]
    public void KeysTellPartsApart() => Assert.NotEqual(BinaryCache.Key("ab", "c"), BinaryCache.Key("a", "bc"));

    private static int Built(string folder, string source, string options)
    {
        OpenClDevice device = OpenClRequired.Device();
        using ContextHandle context = CL.CreateContext(device.Id);
        using ProgramLibrary library = new(context, device, new BinaryCache(folder));
        using ProgramHandle program = library.Load("one", source, options);
        using KernelHandle kernel = CL.CreateKernel(program, "one");
        return library.Built;
    }
}
