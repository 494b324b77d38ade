namespace FastHyper.Tests.Experiments;

/// <summary>A folder that goes when the test ends.</summary>
public sealed class ScratchFolder : IDisposable
{
    private readonly string _path = Directory.CreateTempSubdirectory("fasthyper-").FullName;

    /// <summary>What the folder holds.</summary>
    public string[] Entries => Directory.GetFileSystemEntries(_path);

    /// <summary>A path in the folder.</summary>
    public string this[string name] => Path.Combine(_path, name);

    public void Dispose() => Directory.Delete(_path, recursive: true);
}
