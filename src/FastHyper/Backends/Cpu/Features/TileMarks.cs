namespace FastHyper.Backends.Cpu.Features;

/// <summary>Which features, and which groups, a worker's row has.</summary>
internal sealed class TileMarks(FeatureRows features)
{
    public Marks Features { get; } = new(features.Width);

    public Marks Groups { get; } = new(features.Groups?.Count ?? 0);

    public bool Fits(FeatureRows other) => Features.Capacity >= other.Width && Groups.Capacity >= (other.Groups?.Count ?? 0);

    /// <summary>A set of small numbers that is emptied at no cost, in the order in which they came.</summary>
    internal sealed class Marks(int capacity)
    {
        private readonly int[] _found = new int[capacity];
        private readonly uint[] _since = new uint[capacity];
        private uint _row;
        private int _count;

        public int Capacity => capacity;

        public ReadOnlySpan<int> Found => _found.AsSpan(0, _count);

        public void Begin()
        {
            _count = 0;
            if (++_row != 0) return;
            Array.Clear(_since);
            _row = 1;
        }

        /// <summary>Adds a number; false where it was there.</summary>
        public bool IsNew(int number)
        {
            if (_since[number] == _row) return false;
            _since[number] = _row;
            _found[_count++] = number;
            return true;
        }
    }
}
