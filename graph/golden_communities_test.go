package graph

import (
	"slices"
	"strings"
	"testing"
)

// communityCases are the cases of the golden files that the tests of communities, small
// worlds and nulls check.
const communityCases = `modularity_Q_fixed modularity_Q_optimised modularity_Q_exact_optimum
	modularity_und_spectral modularity_dir_spectral modularity_signed_components
	modularity_signed_fixed_sta modularity_signed_fixed_gja modularity_signed_fixed_smp
	modularity_signed_fixed_pos modularity_signed_best_negative_sym modularity_signed_best_negative_asym
	agreement partition_distance greedy_cnm sheeran_modularity_dir_q
	seed_C seed_E seed_assortativity seed_modularity seed_binary_counts seed_null_statistics seed_sigma
	sigma_degree_matched seed_sigma_of_structureless_networks`

// otherCases belong to other measures: of single nodes, paths, weights, spectra, geometry.
const otherCases = `akarca_sigma akarca_threshold_proportional analytic assortativity_bin0 assortativity_bin1 assortativity_bin2
	assortativity_bin3 assortativity_bin4 assortativity_nx_in_in assortativity_nx_in_out assortativity_nx_out_in
	assortativity_nx_out_out assortativity_wei0 assortativity_wei1 assortativity_wei2 assortativity_wei3 assortativity_wei4
	avg_shortest_path_length betweenness_bin betweenness_wei charpath_bin charpath_wei charpath_wei_vec clustering_barrat
	clustering_bd clustering_bu clustering_bu_on_directed clustering_costantini clustering_onnela_neg clustering_onnela_pos
	clustering_wd clustering_wd_norm clustering_wu_norm clustering_wu_raw clustering_zhang clustering_zhang_pos
	communicability_bin communicability_bin_dir communicability_wei_rowsum communicability_wei_und core_number
	core_periphery_best core_periphery_fixed degree degrees_in degrees_out density_dir density_und distance_bin distance_wei
	diversity_pos eigenvalues_abs_sorted frac_negative global_efficiency_bin global_efficiency_wei global_efficiency_wei_norm
	local_efficiency_bin local_efficiency_bin_dir local_efficiency_nx_mean local_efficiency_wei_original
	local_efficiency_wei_wang matching_all max_real_eigenvalue module_degree_zscore module_degree_zscore_0
	module_degree_zscore_1 module_degree_zscore_2 module_degree_zscore_3 motif3funct_bin motif3struct_bin
	nx_clustering_signed participation_in participation_neg participation_out participation_pos participation_und
	participation_und_w reciprocity reciprocity_ratio reciprocity_rho rich_club_bd rich_club_bu rich_club_nx rich_club_wd
	rich_club_wu seed_entropy seed_threshold serNN_communicability sernn_loss_terms sheeran_H_comm_rows_mean_log2
	sheeran_H_rows_mean_log2_omitzero sheeran_log_max_real_eig sheeran_spectral_entropy_log2 sheeran_total_weight
	spectral_radius strength strength_in strength_neg strength_out strength_pos subgraph_centrality transitivity_bd
	transitivity_bu transitivity_wd transitivity_wu_norm triad_census weight_distance_pearson
	weight_distance_pearson_alloff weight_distance_pearson_nonzero weight_distance_spearman wiring_cost_sum_w_d
	wiring_length_bin`

// notReproduced are values of methods that are not ours: a spectral method on a matrix
// that it is not made for.
const notReproduced = `akarca_modularity_und_bin`

// TestGoldenCasesHaveATest: no case of the files is overlooked.
func TestGoldenCasesHaveATest(t *testing.T) {
	known := strings.Fields(communityCases + " " + otherCases + " " + notReproduced)
	seen := map[string]bool{}
	for _, name := range []string{"karate", "ring24k4", "spatial60", "signed30", "modular100", "seedpaper_sernn100"} {
		for _, c := range golden(t, name+".json").Cases {
			seen[c.ID] = true
			if !slices.Contains(known, c.ID) {
				t.Errorf("%s: nobody tests the case %s", name, c.ID)
			}
		}
	}
	for _, id := range known {
		if !seen[id] {
			t.Errorf("no file has the case %s", id)
		}
	}
}

// TestGreedyGolden: greedy communities are those of NetworkX 2.8.8, where these are not
// ties.
func TestGreedyGolden(t *testing.T) {
	cases := 0
	for _, file := range []struct{ name, matrix string }{{"karate.json", "A"}, {"modular100.json", "U"}} {
		f := golden(t, file.name)
		w, n := f.matrix(t, file.matrix)
		g, err := Binarise(w, n, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range f.Cases {
			if c.ID != "greedy_cnm" {
				continue
			}
			cases++
			v := c.Value.(map[string]any)
			want := make([]int, n)
			for k, members := range v["communities"].([]any) {
				for _, i := range ints(members) {
					want[i] = k
				}
			}
			got := g.GreedyCommunities()
			near(t, file.name+" Q", g.Modularity(got), v["q"].(float64), 1e-10)
			if !samePartition(got, want) {
				t.Errorf("%s: the communities differ", file.name)
			}
		}
	}
	if cases != 2 {
		t.Errorf("%d cases, want 2", cases)
	}
}
