namespace FastHyper.Backends.Cpu.Common;

/// <summary>Copies state–action arrays of neighbouring instances, which share lines of memory, together.</summary>
internal interface IRowReader
{
    /// <summary>Copies (S, A) of so many instances, in the host's order of states.</summary>
    void ReadRows(DeviceArray source, int first, int count, double[][] targets);
}
