using System.Runtime.InteropServices;

namespace FastHyper.Native;

/// <summary>A matrix, dense or compressed rows: <c>fh_matrix</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct MatrixDescription
{
    public StridedArray Dense;
    public StridedArray Offsets;
    public StridedArray Columns;
    public StridedArray Values;
    public long ColumnCount;

    public readonly bool IsAbsent => Dense.IsAbsent && Offsets.IsAbsent && Columns.IsAbsent && Values.IsAbsent;
}

/// <summary>A problem of arrays: <c>fh_mdp</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct MdpDescription
{
    public long Size;
    public MatrixDescription Transitions;
    public StridedArray Reward;
    public StridedArray LeaderReward;
    public MatrixDescription Features;
    public MatrixDescription LeaderFeatures;
    public MatrixDescription ValueFeatures;
    public MatrixDescription StateFeatures;
    public StridedArray ValueWeights;
    public StridedArray Initial;
    public StridedArray X;
    public StridedArray Prior;
    public double Ridge;
    public double Gamma;
    public double GammaLeader;
    public double Temperature;
    public long Flags;
}

/// <summary>A two-player Markov game of arrays: <c>fh_game</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct GameDescription
{
    public long Size;
    public MatrixDescription Transitions;
    public StridedArray FollowerReward;
    public StridedArray LeaderReward;
    public MatrixDescription StateFeatures;
    public StridedArray Initial;
    public StridedArray Theta;
    public double Gamma;
    public double GammaLeader;
    public double Temperature;
}

/// <summary>What is to be known of a problem: <c>fh_problem_info</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct ProblemInfo
{
    public long States;
    public long Actions;
    public long Parameters;
    public long Entries;
    public long LeaderActions;
    public long Contexts;
    public long Notices;
    public double Gamma;
    public double GammaLeader;
    public double Temperature;
}

/// <summary>How a solver goes about it: <c>fh_solver_options</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct SolverOptions
{
    public long Size;
    public int Instances;
    public int Precision;
    public int Method;
    public int OwnTransitions;
    public int MaxSweeps;
    public int ColdPullbacks;
    public double Tolerance;
    public double LinearTolerance;
}

/// <summary>The proof of one instance's solve: <c>fh_certificate</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct SolveCertificate
{
    public double Residual;
    public double Bound;
    public int Iterations;
    public int Products;
    public int Method;
    public int Converged;
}

/// <summary>How a gradient is estimated: <c>fh_gradient_options</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct GradientOptions
{
    public long Size;
    public byte* Estimator;
    public byte* Settings;
    public ulong Seed;
    public int Precision;
    public int Method;
    public int Batches;
    public int WarmUp;
    public int Iterations;
    public int Steps;
}

/// <summary>How leaders are led: <c>fh_leader_options</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct LeadOptions
{
    public long Size;
    public byte* Estimator;
    public byte* Settings;
    public ulong Seed;
    public int Leaders;
    public int Optimizer;
    public int Minimize;
    public int Precision;
    public int Contexts;
    public int Reserved;
    public double LearningRate;
    public double GradientClip;
    public double Tolerance;
    public delegate* unmanaged<void*, FollowerCall*, int> Follower;
    public void* User;
}

/// <summary>What a follower of the caller's is asked: <c>fh_follower_call</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct FollowerCall
{
    public long States;
    public long Actions;
    public long Instance;
    public long Iteration;
    public ulong Seed;
    public double* Reward;
    public double* Initial;
    public double* Policy;
}
